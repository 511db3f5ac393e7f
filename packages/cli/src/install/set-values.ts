import { err, ok, type Result } from '@meshwork/core/result'

/** A tree of values of a chart. */
export interface ValueTree {
  readonly [key: string]: Value
}

export type Value = string | number | boolean | null | readonly Value[] | ValueTree

interface Assignment {
  readonly path: readonly (string | number)[]
  readonly value: Value
}

/** Nobody writes longer lists by hand; a wrong index must not make an endless one. */
const MOST_ITEMS = 1000

/**
 * Reads `--set` as Helm does: `a.b=c`, several by comma, `list={x,y}`, `list[0].name=x`; a backslash takes its meaning from the
 * next character. true, false, null and whole numbers are no texts.
 */
export function parseSet(text: string): Result<ValueTree, string> {
  let tree: ValueTree = {}
  for (const part of splitOutside(text, ',')) {
    const assignment = parseAssignment(part)
    if (assignment.kind === 'err') return assignment
    const next = assign(tree, assignment.value.path, assignment.value.value)
    if (!isTree(next)) return err(`'${part}' gives the whole tree a value; write key=value`)
    tree = next
  }
  return ok(tree)
}

function parseAssignment(text: string): Result<Assignment, string> {
  const [left = '', ...rest] = splitOutside(text, '=')
  if (rest.length === 0) return err(`'${text}' has no value; write key=value`)
  const path = parsePath(left)
  if (path.kind === 'err') return path
  return ok({ path: path.value, value: parseValue(rest.join('=')) })
}

function parsePath(text: string): Result<readonly (string | number)[], string> {
  const path: (string | number)[] = []
  for (const part of splitOutside(text, '.')) {
    const match = /^(?<name>(?:\\.|[^[\]\\])+)(?<indexes>(?:\[\d{1,4}\])*)$/.exec(part)
    if (match?.groups === undefined) return err(`'${text}' is no path; write a.b.c or a[0].b`)
    path.push(unescaped(match.groups['name'] ?? ''))
    for (const [, index] of (match.groups['indexes'] ?? '').matchAll(/\[(\d+)\]/g)) path.push(Number(index))
  }
  const wide = path.find(step => typeof step === 'number' && step >= MOST_ITEMS)
  if (wide !== undefined) return err(`'${text}': an index must be below ${MOST_ITEMS}`)
  if (path.includes('__proto__')) return err(`'${text}' is no path`)
  return ok(path)
}

function parseValue(text: string): Value {
  const list = /^\{(.*)\}$/s.exec(text)?.[1]
  if (list !== undefined) return list === '' ? [] : splitOutside(list, ',').map(parseScalar)
  return parseScalar(text)
}

function parseScalar(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  // A leading zero is part of a name: file modes, short hashes.
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : unescaped(text)
}

/** At separators that no backslash precedes and no braces enclose. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let part = ''
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '\\') part += character + text.charAt(++i)
    else if (character === separator && depth === 0) {
      parts.push(part)
      part = ''
    } else {
      depth += character === '{' ? 1 : character === '}' ? -1 : 0
      part += character
    }
  }
  return [...parts, part]
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1')
}

function assign(into: Value | undefined, path: readonly (string | number)[], value: Value): Value {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'string') {
    const tree = isTree(into) ? into : {}
    return { ...tree, [step]: assign(tree[step], rest, value) }
  }
  const list = isList(into) ? [...into] : []
  while (list.length < step) list.push(null)
  list[step] = assign(list[step], rest, value)
  return list
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value)
}

export function isTree(value: unknown): value is ValueTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Later values win; trees are merged, lists are replaced. */
export function mergeValues(base: ValueTree, over: ValueTree): ValueTree {
  const merged: Record<string, Value> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key]
    merged[key] = isTree(before) && isTree(value) ? mergeValues(before, value) : value
  }
  return merged
}
