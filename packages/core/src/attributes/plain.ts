import { type AttributeBag, LayeredBag } from './bag.ts'
import { nanosOf, type SecondsNanos, splitInstant, splitSpan } from './compressed.ts'
import { type AttributeValue, instant, stringMap, timeSpan } from './value.ts'

/** Same shape as the value of `istio.mixer.v1.Attributes.AttributeValue`. */
export type PlainValue =
  | { $case: 'stringValue'; value: string }
  | { $case: 'int64Value'; value: bigint }
  | { $case: 'doubleValue'; value: number }
  | { $case: 'boolValue'; value: boolean }
  | { $case: 'bytesValue'; value: Uint8Array }
  | { $case: 'timestampValue'; value: SecondsNanos }
  | { $case: 'durationValue'; value: SecondsNanos }
  | { $case: 'stringMapValue'; value: { entries: { [key: string]: string } } }

/** Same shape as `istio.mixer.v1.Attributes`: static proxy configuration, and the header `x-istio-attributes` (in base64). */
export interface PlainAttributes {
  attributes: { [name: string]: { value: PlainValue | undefined } }
}

function fromPlainValue(plain: PlainValue): AttributeValue {
  switch (plain.$case) {
    case 'timestampValue':
      return instant(nanosOf(plain.value))
    case 'durationValue':
      return timeSpan(nanosOf(plain.value))
    case 'stringMapValue':
      return stringMap(new Map(Object.entries(plain.value.entries)))
    default:
      return plain.value
  }
}

function toPlainValue(value: AttributeValue): PlainValue {
  if (typeof value === 'string') return { $case: 'stringValue', value }
  if (typeof value === 'bigint') return { $case: 'int64Value', value }
  if (typeof value === 'number') return { $case: 'doubleValue', value }
  if (typeof value === 'boolean') return { $case: 'boolValue', value }
  if (value instanceof Uint8Array) return { $case: 'bytesValue', value }
  if (value.kind === 'instant') return { $case: 'timestampValue', value: splitInstant(value.epochNanos) }
  if (value.kind === 'span') return { $case: 'durationValue', value: splitSpan(value.nanos) }
  return { $case: 'stringMapValue', value: { entries: Object.fromEntries(value.entries()) } }
}

/** Attributes without a value are left out. */
export function fromPlain(plain: PlainAttributes): LayeredBag {
  const bag = new LayeredBag()
  for (const [name, { value }] of Object.entries(plain.attributes)) if (value !== undefined) bag.set(name, fromPlainValue(value))
  return bag
}

export function toPlain(bag: AttributeBag): PlainAttributes {
  const attributes: PlainAttributes['attributes'] = {}
  for (const name of bag.names()) {
    const value = bag.get(name)
    if (value !== undefined) attributes[name] = { value: toPlainValue(value) }
  }
  return { attributes }
}
