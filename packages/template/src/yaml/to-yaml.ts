import { formatFloat } from '../engine/print.ts'
import { TemplateFault } from '../engine/template-error.ts'
import { isList, isMap, isNil } from '../engine/values.ts'
import type { TemplateList, TemplateMap } from '../engine/values.ts'
import { compareKeys } from './key-order.ts'
import { scalarText } from './scalar-text.ts'
import { jsonNumber } from './to-json.ts'

const MAX_DEPTH = 100
const INT64_MIN = -(2n ** 63n)
const UINT64_MAX = 2n ** 64n - 1n

/** YAML as Helm's `toYaml` writes it: keys in natural order, lists not indented below their key, no line break at the end. */
export function toYaml(value: unknown): string {
  const lines: string[] = []
  if (isList(value) && value.length > 0) writeList(value, 0, lines, '')
  else if (isMap(value) && Object.keys(value).length > 0) writeMap(value, 0, lines, '')
  else lines.push(leaf(value, 2, 0))
  return lines.join('\n')
}

/** `lead` is what already stands on the first line, such as `- `. */
function writeMap(map: TemplateMap, indent: number, lines: string[], lead: string): void {
  checkDepth(indent)
  let prefix = lead
  for (const key of Object.keys(map).toSorted(compareKeys)) {
    writeEntry(`${prefix}${scalarText(key, { indent, column: 0, key: true })}:`, map[key], indent, lines)
    prefix = ' '.repeat(indent)
  }
}

function writeEntry(head: string, value: unknown, indent: number, lines: string[]): void {
  if (isMap(value) && Object.keys(value).length > 0) {
    lines.push(head)
    writeMap(value, indent + 2, lines, ' '.repeat(indent + 2))
  } else if (isList(value) && value.length > 0) {
    lines.push(head)
    writeList(value, indent, lines, ' '.repeat(indent))
  } else lines.push(`${head} ${leaf(value, indent + 2, head.length + 1)}`)
}

function writeList(list: TemplateList, indent: number, lines: string[], lead: string): void {
  checkDepth(indent)
  let prefix = lead
  for (const item of list) {
    const head = `${prefix}- `
    if (isMap(item) && Object.keys(item).length > 0) writeMap(item, indent + 2, lines, head)
    else if (isList(item) && item.length > 0) writeList(item, indent + 2, lines, head)
    else lines.push(head + leaf(item, indent + 2, head.length))
    prefix = ' '.repeat(indent)
  }
}

function checkDepth(indent: number): void {
  if (indent > 2 * MAX_DEPTH) throw new TemplateFault('a value is nested too deeply', 'see that no map contains itself')
}

function leaf(value: unknown, indent: number, column: number): string {
  if (isNil(value)) return 'null'
  if (typeof value === 'string') return scalarText(value, { indent, column, key: false })
  if (typeof value === 'number') return yamlNumber(value)
  if (isList(value)) return '[]'
  if (isMap(value)) return '{}'
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw new TemplateFault('a function has no YAML', 'call it, or leave it out')
}

/** Helm writes YAML by way of JSON: what JSON writes as digits and fits in 64 bits is an integer. */
function yamlNumber(value: number): string {
  const json = jsonNumber(value)
  if (!/^-?\d+$/.test(json)) return formatFloat(Number(json))
  const whole = BigInt(json)
  return whole >= INT64_MIN && whole <= UINT64_MAX ? json : formatFloat(value)
}
