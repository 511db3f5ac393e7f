import {
  type AttributeValue,
  bagOf,
  formatInstantText,
  instant,
  isStringMap,
  kindOfValue,
  type LayeredBag,
  parseInstantText,
  stringMap,
  timeSpan,
} from '@meshwork/core/attributes'

/** A typed value as the recordings write it. */
export interface TypedValue {
  readonly type: string
  readonly value: unknown
  readonly text?: string
}

export type TypedValues = Readonly<Record<string, TypedValue>>

const NANOSECOND_DIGITS = 9

function entriesOf(value: unknown): [string, string][] {
  return Object.entries(typeof value === 'object' && value !== null ? value : {}).map(([key, text]) => [key, String(text)])
}

function instantOf(text: string): AttributeValue {
  const parsed = parseInstantText(text)
  if (parsed.kind === 'err') throw new Error(parsed.error)
  return instant(parsed.value)
}

/** Types that the recordings use for other integers of the reference become INT64. */
export function valueOf(typed: TypedValue): AttributeValue {
  const text = String(typed.value)
  switch (typed.type) {
    case 'INT64':
    case 'GO_INT':
    case 'OTHER_INT':
      return BigInt(text)
    case 'DOUBLE':
      return Number(typed.value)
    case 'BOOL':
      return typed.value === true
    case 'TIMESTAMP':
      return instantOf(text)
    case 'DURATION':
      return timeSpan(BigInt(text))
    case 'IP_ADDRESS':
    case 'BYTES':
      return Uint8Array.from(Buffer.from(text, 'hex'))
    case 'STRING_MAP':
      return stringMap(new Map(entriesOf(typed.value)))
    default:
      return text
  }
}

export function bagOfTyped(values: TypedValues | undefined): LayeredBag {
  return bagOf(Object.fromEntries(Object.entries(values ?? {}).map(([name, typed]) => [name, valueOf(typed)])))
}

/** A text that is equal exactly for equal values of equal kind, to compare and to show. */
export function show(value: AttributeValue | undefined): string {
  if (value === undefined) return 'absent'
  if (isStringMap(value)) return `map ${JSON.stringify([...value.entries()].map(([key, text]) => `${key}=${text}`).toSorted())}`
  if (typeof value !== 'object') return `${kindOfValue(value)} ${JSON.stringify(String(value))}`
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (value.kind === 'instant') return `instant ${formatInstantText(value.epochNanos, NANOSECOND_DIGITS)}`
  return value.kind === 'span' ? `span ${value.nanos}` : 'map'
}
