/** What a computation may depend on: one key, the set of keys, or everything of a table or an index. */
export type Token = string

export function keyToken(id: number, key: string): Token {
  return `${id}=${key}`
}

/** The set of keys, whatever their values. */
export function keysToken(id: number): Token {
  return `${id}#`
}

/** Any change at all. */
export function allToken(id: number): Token {
  return `${id}*`
}

/** Told of every token that changed, as soon as it changes. */
export interface Dependent {
  mark(token: Token): void
}

/** A table of whatever values. */
export interface AnyTable {
  readonly id: number
  readonly name: string
  keys(): readonly string[]
  subscribe(dependent: Dependent): void
}

/** A table to look values up in. */
export interface Values<V> extends AnyTable {
  get(key: string): V | undefined
}
