import { parseDuration } from '../parse/duration.ts'
import type { JsonSchema, RawRecord } from './json-schema.ts'
import { combined, mapped, object, optional, orElse, type Field, type Shape } from './shape.ts'
import type { ConfigPort, Labels, StringMatch } from './networking.ts'

// The schema guarantees the type of what `read` sees; this is the one place where that knowledge becomes a type.
const trusted = <T>(schema: JsonSchema): Shape<T> => ({ schema, read: value => value as T })

export const text: Shape<string> = trusted({ type: 'string' })
export const nonEmptyText: Shape<string> = trusted({ type: 'string', minLength: 1 })
export const flag: Shape<boolean> = trusted({ type: 'boolean' })
export const number: Shape<number> = trusted({ type: 'number' })
/** A signed 32-bit number, as `int32` in the `.proto` files. */
export const integer: Shape<number> = trusted({ type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647 })
/** An unsigned 32-bit number. */
export const count: Shape<number> = trusted({ type: 'integer', minimum: 0, maximum: 4_294_967_295 })
/** A port by number or by name. */
export const intOrText: Shape<number | string> = trusted({ 'x-kubernetes-int-or-string': true })
/** A free-form object, whose owner checks it. */
export const anyObject: Shape<RawRecord> = trusted({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true })

/** A duration in milliseconds from Go's notation (`1.5s`, `1m30s`, `500ms`). */
export const duration: Shape<number> = {
  schema: { type: 'string', format: 'duration' },
  read: value => parseDuration(String(value)) ?? 0,
}

/** An enum by name or number. The names stand in the order of their numbers in the `.proto` file, from 0. */
export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  return trusted({ type: 'string', enum: values })
}

/** An enum whose numbers do not simply count from 0. */
export function numbered<const T extends string>(numbers: Readonly<Record<T, number>>): Shape<T> {
  return trusted({ type: 'string', enum: Object.keys(numbers), 'x-meshwork-enum-numbers': numbers })
}

export function list<T>(item: Shape<T>, conditions: JsonSchema = {}): Shape<readonly T[]> {
  const items = trusted<readonly unknown[]>({ ...conditions, type: 'array', items: item.schema })
  return mapped(items, values => Object.freeze(values.map(value => item.read(value))))
}

export function map<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  const entries = trusted<RawRecord>({ type: 'object', additionalProperties: item.schema })
  return mapped(entries, record => Object.freeze(Object.fromEntries(Object.entries(record).map(([key, value]) => [key, item.read(value)]))))
}

/** A list whose absence means an empty one. */
export function listField<T>(item: Shape<T>): Field<readonly T[]> {
  return orElse(list(item), Object.freeze<T[]>([]))
}

/** A map whose absence means an empty one. */
export function mapField<T>(item: Shape<T>): Field<Readonly<Record<string, T>>> {
  return orElse(map(item), Object.freeze<Record<string, T>>({}))
}

export const labels: Field<Labels> = mapField(text)

export const stringMatch: Shape<StringMatch> = mapped(
  object<{ readonly exact?: string; readonly prefix?: string; readonly regex?: string }>(
    { exact: optional(text), prefix: optional(text), regex: optional(text) },
    { atMostOne: [['exact', 'prefix', 'regex']] },
  ),
  ({ exact, prefix, regex }): StringMatch => {
    if (exact !== undefined) return Object.freeze({ kind: 'exact', value: exact })
    if (prefix !== undefined) return Object.freeze({ kind: 'prefix', value: prefix })
    if (regex !== undefined) return Object.freeze({ kind: 'regex', value: regex })
    return Object.freeze({ kind: 'present' })
  },
)

const percentage: Shape<number> = mapped(object<{ readonly value: number }>({ value: orElse(number, 0) }), ({ value }) => value)

/**
 * A share from 0 to 100 out of the newer `{value: 0.5}` property or the older whole-number one; the newer wins.
 * An empty newer object is 0, as in proto3.
 */
export function share(newer: string, older: readonly string[]): Field<number | undefined> {
  return combined<Readonly<Record<string, number | undefined>>, number | undefined>(
    Object.fromEntries([[newer, optional(percentage)], ...older.map(name => [name, optional(integer)] as const)]),
    parts => [newer, ...older].map(name => parts[name]).find(part => part !== undefined),
  )
}

export const configPort: Shape<ConfigPort> = object<ConfigPort>({
  number: orElse(count, 0),
  protocol: orElse(text, ''),
  name: orElse(text, ''),
  targetPort: optional(count),
})

/** The number of `{number: 80}`; 0, which validators refuse where a port is needed, if there is none. */
export const portSelector: Shape<number> = mapped(object<{ readonly number: number }>({ number: orElse(count, 0) }), ({ number }) => number)
