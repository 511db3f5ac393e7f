import { parseSync } from 'oxc-parser'

/** What the limits look at in one source file. */
export interface SourceMeasure {
  readonly path: string
  readonly lines: number
  readonly codeLines: number
  readonly commentLines: number
  /** Lines of each function that has a body. */
  readonly functions: readonly number[]
  readonly anyTypes: number
  readonly nonNullAssertions: number
  /** `as` other than `as const`. */
  readonly casts: number
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (isNode(value)) visit(value)
  for (const child of Object.values(value)) walk(child, visit)
}

function isConstAssertion(text: string, node: Node): boolean {
  return /\bas const$/.test(text.slice(node.start, node.end))
}

function countLines(text: string, start: number, end: number): number {
  let lines = 1
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

export function measureSource(path: string, text: string): SourceMeasure {
  const parsed = parseSync(path, text)
  const functions: number[] = []
  const count = { any: 0, nonNull: 0, casts: 0 }
  walk(parsed.program, node => {
    if (FUNCTIONS.has(node.type)) functions.push(countLines(text, node.start, node.end))
    else if (node.type === 'TSAnyKeyword') count.any++
    else if (node.type === 'TSNonNullExpression') count.nonNull++
    else if (node.type === 'TSAsExpression' && !isConstAssertion(text, node)) count.casts++
  })
  const commentLines = parsed.comments.reduce((sum, comment) => sum + countLines(text, comment.start, comment.end), 0)
  const all = text.split('\n')
  const blank = all.filter(line => line.trim() === '').length
  return {
    path,
    lines: all.length - 1,
    codeLines: Math.max(1, all.length - blank - commentLines),
    commentLines,
    functions,
    anyTypes: count.any,
    nonNullAssertions: count.nonNull,
    casts: count.casts,
  }
}
