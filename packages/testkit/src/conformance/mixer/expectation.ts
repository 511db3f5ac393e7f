import { type AttributeBag } from '@meshwork/core/attributes'
import { show, type TypedValues, valueOf } from './typed-value.ts'

/** What is wrong, or nothing. */
export type Findings = readonly string[]

export function equal(what: string, got: unknown, want: unknown): Findings {
  const left = JSON.stringify(got, sortKeys)
  const right = JSON.stringify(want, sortKeys)
  return left === right ? [] : [`${what}: got ${left}, want ${right}`]
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The bag has these attributes and no other. */
export function exactly(bag: AttributeBag, expected: TypedValues | undefined): Findings {
  const got = Object.fromEntries([...bag.names()].map(name => [name, show(bag.get(name))]))
  const want = Object.fromEntries(Object.entries(expected ?? {}).map(([name, typed]) => [name, show(valueOf(typed))]))
  return equal('attributes', got, want)
}

/** Reads back each of these. */
export function contains(bag: AttributeBag, expected: TypedValues | undefined): Findings {
  return Object.entries(expected ?? {}).flatMap(([name, typed]) => equal(name, show(bag.get(name)), show(valueOf(typed))))
}

export function lacks(bag: AttributeBag, names: readonly string[] | undefined): Findings {
  return (names ?? []).filter(name => bag.get(name) !== undefined).map(name => `${name} is present`)
}
