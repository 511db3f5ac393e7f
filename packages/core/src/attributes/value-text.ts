import { formatDurationText } from './duration-text.ts'
import { formatInstantText } from './instant-text.ts'
import { formatIpText } from './ip-text.ts'
import type { AttributeValue } from './value.ts'

const MICROSECONDS = 6

/** Shortest digits that read back as the same number, never with an exponent. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const text = value.toString()
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign = '', first = '', rest = '', exponent = '0'] = match
  const digits = first + rest
  const point = Number(exponent) + 1
  return point <= 0 ? `${sign}0.${'0'.repeat(-point)}${digits}` : `${sign}${digits.padEnd(point, '0')}`
}

/** Text of a value for labels, tags and comparison with configured texts (mixer.md 6.17). Absent is empty. */
export function valueToText(value: AttributeValue | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return formatDouble(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof Uint8Array) return formatIpText(value)
  if (value.kind === 'instant') return formatInstantText(value.epochNanos, MICROSECONDS)
  if (value.kind === 'span') return formatDurationText(value.nanos)
  return Array.from(value.entries(), ([key, text]) => `${key}=${text}`)
    .toSorted()
    .join('&')
}

/** Equality as overrides use it: by text, whatever the types. */
export function textEquals(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  return valueToText(a) === valueToText(b)
}
