import { type AttributeValue, parseDurationText, timeSpan } from '@meshwork/core/attributes'
import { err, ok, type Result } from '@meshwork/core/result'
import type { ConstantExpression } from './expression.ts'
import type { ValueType } from './value-type.ts'

const LARGEST_INT64 = 2n ** 63n - 1n

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }
const ESCAPE = /\\(?:([abfnrtv\\"'])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[^])/gy

/** The bytes of one escape, or nothing if it is not one. `quote`: the quote that may be escaped. */
function escapeBytes(match: RegExpExecArray, quote: string): Uint8Array | undefined {
  const [, simple, octal, hex, short, long] = match
  if (simple !== undefined) {
    const code = simple === quote ? quote.charCodeAt(0) : SIMPLE_ESCAPES[simple]
    return code === undefined ? undefined : Uint8Array.of(code)
  }
  if (octal !== undefined) return Number.parseInt(octal, 8) > 255 ? undefined : Uint8Array.of(Number.parseInt(octal, 8))
  if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16))
  const code = Number.parseInt(short ?? long ?? '', 16)
  if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) return undefined
  return Buffer.from(String.fromCodePoint(code))
}

/** The content of a quoted text (Go's interpreted strings), without its quotes; `undefined` if an escape is wrong. */
export function unescapeText(content: string, quote: string): string | undefined {
  if (!content.includes('\\')) return content
  const parts: Uint8Array[] = []
  let position = 0
  for (let at = content.indexOf('\\'); at !== -1; at = content.indexOf('\\', position)) {
    parts.push(Buffer.from(content.slice(position, at)))
    ESCAPE.lastIndex = at
    const match = ESCAPE.exec(content)
    const bytes = match === null ? undefined : escapeBytes(match, quote)
    if (match === null || bytes === undefined) return undefined
    parts.push(bytes)
    position = at + match[0].length
  }
  parts.push(Buffer.from(content.slice(position)))
  return Buffer.concat(parts).toString()
}

function constant(type: ValueType, value: AttributeValue, text: string): ConstantExpression {
  return { kind: 'constant', type, value, text }
}

/** A text that is a duration is one: `"5s"`, `"0"` (mixer.md 4.2). */
export function textConstant(content: string, text: string): ConstantExpression {
  const duration = parseDurationText(content)
  return duration.kind === 'ok' ? constant('DURATION', timeSpan(duration.value), text) : constant('STRING', content, text)
}

export function boolConstant(text: string): ConstantExpression | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' || lower === 'false' ? constant('BOOL', lower === 'true', lower) : undefined
}

function unquoted(text: string): string | undefined {
  const quote = text[0] ?? ''
  if (text.length < 2 || !text.endsWith(quote)) return undefined
  const content = text.slice(1, -1)
  if (quote === '`') return content.includes('`') ? undefined : content
  return quote === '"' && !/(?<!\\)(?:\\\\)*"|\n/.test(content) ? unescapeText(content, quote) : undefined
}

/** Reads `text` as a constant of a type that is known from elsewhere; strings must be quoted. */
export function parseConstant(text: string, type: ValueType): Result<ConstantExpression, string> {
  if (type === 'INT64') {
    if (!/^[+-]?\d+$/.test(text)) return err(`'${text}' is not an integer in decimal digits`)
    const value = BigInt(text)
    if (value > LARGEST_INT64 || value < -LARGEST_INT64 - 1n) return err(`${text} does not fit 64 bits`)
    return ok(constant('INT64', value, text))
  }
  if (type === 'DOUBLE') {
    const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
    return Number.isFinite(value) ? ok(constant('DOUBLE', value, text)) : err(`'${text}' is not a number`)
  }
  const bool = type === 'BOOL' ? boolConstant(text) : undefined
  if (bool !== undefined) return ok(bool)
  const content = unquoted(text)
  if (content === undefined) return err(`${text} is not a quoted text`)
  const value = textConstant(content, text)
  if (type === 'STRING') return ok(constant('STRING', content, text))
  return value.type === type ? ok(value) : err(`${text} is not a constant of type ${type}`)
}
