/**
 * The value of an attribute, as its natural JavaScript type so that reading one allocates nothing:
 * string STRING (also EMAIL_ADDRESS, URI, DNS_NAME), bigint INT64, number DOUBLE, boolean BOOL, bytes IP_ADDRESS and raw
 * bytes, and the objects below. Which of the eleven value types is meant is known from the manifest (mixer.md 2.1).
 */
export type AttributeValue = string | bigint | number | boolean | Uint8Array | Instant | TimeSpan | StringMap

/** A point in time: nanoseconds since the Unix epoch. */
export interface Instant {
  readonly kind: 'instant'
  readonly epochNanos: bigint
}

/** A length of time in nanoseconds, which may be negative. */
export interface TimeSpan {
  readonly kind: 'span'
  readonly nanos: bigint
}

/** A map of texts. A tracking bag hands out maps that record which keys are read, hence an interface of its own. */
export interface StringMap {
  readonly kind: 'map'
  get(key: string): string | undefined
  entries(): Iterable<readonly [string, string]>
}

export type AttributeKind = 'string' | 'int64' | 'double' | 'bool' | 'bytes' | 'instant' | 'span' | 'map'

export function instant(epochNanos: bigint): Instant {
  return { kind: 'instant', epochNanos }
}

export function timeSpan(nanos: bigint): TimeSpan {
  return { kind: 'span', nanos }
}

class PlainStringMap implements StringMap {
  readonly kind = 'map'
  private readonly map: ReadonlyMap<string, string>

  constructor(map: ReadonlyMap<string, string>) {
    this.map = map
  }

  get(key: string): string | undefined {
    return this.map.get(key)
  }

  entries(): Iterable<readonly [string, string]> {
    return this.map.entries()
  }
}

/** The map is not copied. */
export function stringMap(entries: ReadonlyMap<string, string>): StringMap {
  return new PlainStringMap(entries)
}

export const EMPTY_STRING_MAP: StringMap = stringMap(new Map())

export function isStringMap(value: AttributeValue | undefined): value is StringMap {
  return typeof value === 'object' && 'kind' in value && value.kind === 'map'
}

export function kindOfValue(value: AttributeValue): AttributeKind {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'bigint':
      return 'int64'
    case 'number':
      return 'double'
    case 'boolean':
      return 'bool'
    default:
      return value instanceof Uint8Array ? 'bytes' : value.kind
  }
}

/** Same kind and same content. The order of a map's entries does not matter. */
export function sameValue(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object') return Object.is(a, b)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (b instanceof Uint8Array || a.kind !== b.kind) return false
  if (a.kind === 'instant') return b.kind === 'instant' && a.epochNanos === b.epochNanos
  if (a.kind === 'span') return b.kind === 'span' && a.nanos === b.nanos
  return b.kind === 'map' && sameEntries(a, b)
}

function sameEntries(a: StringMap, b: StringMap): boolean {
  const left = [...a.entries()]
  const right = [...b.entries()]
  return left.length === right.length && left.every(([key, value]) => b.get(key) === value)
}
