import { formatFloat } from '../engine/print.ts'
import { TemplateFault } from '../engine/template-error.ts'
import { isList, isMap, isNil, sortedKeys } from '../engine/values.ts'

export interface JsonOptions {
  /** Writes `<`, `>` and `&` as escapes, as Go does unless told otherwise. */
  readonly escapeHtml?: boolean
  /** Spaces per level; one line without. */
  readonly indent?: number
}

const MAX_DEPTH = 100

/** JSON as Go's encoder writes it: keys sorted, nil as null. */
export function toJson(value: unknown, options: JsonOptions = {}): string {
  return write(value, options, 0)
}

function write(value: unknown, options: JsonOptions, depth: number): string {
  if (isNil(value)) return 'null'
  if (typeof value === 'string') return jsonText(value, options.escapeHtml ?? true)
  if (typeof value === 'number') return jsonNumber(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (depth > MAX_DEPTH) throw new TemplateFault('a value is nested too deeply', 'see that no map contains itself')
  if (isList(value))
    return enclose(
      '[',
      value.map(item => write(item, options, depth + 1)),
      ']',
      options,
      depth,
    )
  if (!isMap(value)) throw new TemplateFault('a function has no JSON', 'call it, or leave it out')
  const colon = options.indent === undefined ? ':' : ': '
  const entries = sortedKeys(value).map(key => jsonText(key, options.escapeHtml ?? true) + colon + write(value[key], options, depth + 1))
  return enclose('{', entries, '}', options, depth)
}

function enclose(open: string, items: readonly string[], close: string, { indent }: JsonOptions, depth: number): string {
  if (indent === undefined || items.length === 0) return open + items.join(',') + close
  const pad = ' '.repeat(indent * (depth + 1))
  return `${open}\n${items.map(item => pad + item).join(',\n')}\n${' '.repeat(indent * depth)}${close}`
}

function jsonText(text: string, escapeHtml: boolean): string {
  const quoted = JSON.stringify(text).replaceAll(/[\u2028\u2029]/g, escapeCode)
  return escapeHtml ? quoted.replaceAll(/[<>&]/g, escapeCode) : quoted
}

function escapeCode(character: string): string {
  return String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0')
}

/** Go's encoder: plain digits from 1e-6 below 1e21, else an exponent without padding. */
export function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TemplateFault(`${formatFloat(value)} has no JSON`, 'give a finite number')
  return Object.is(value, -0) ? '-0' : String(value)
}
