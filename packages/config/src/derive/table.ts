import { isDeepStrictEqual } from 'node:util'
import { Index } from './index-of-table.ts'
import { allToken, keysToken, keyToken, type Dependent, type Token, type Values } from './tokens.ts'

export type Equal<V> = (a: V, b: V) => boolean

/** Gives out the ids by which tokens name tables and indexes; one per graph. */
export interface IdSource {
  next(): number
}

/**
 * The values of one collection by key, and who wants to know of changes. Owned by its graph; only the collection that it belongs
 * to writes to it, and only during a commit. Lists are sorted by key, so that results never depend on the order of edits.
 */
export class Table<V> implements Values<V> {
  readonly id: number
  readonly name: string
  private readonly ids: IdSource
  private readonly equal: Equal<V>
  private readonly values = new Map<string, V>()
  private readonly dependents: Dependent[] = []
  private readonly indexes: Index<V>[] = []
  private sorted: readonly string[] | undefined

  constructor(name: string, ids: IdSource, equal: Equal<V> = isDeepStrictEqual) {
    this.id = ids.next()
    this.ids = ids
    this.name = name
    this.equal = equal
  }

  get(key: string): V | undefined {
    return this.values.get(key)
  }

  keys(): readonly string[] {
    return (this.sorted ??= [...this.values.keys()].toSorted())
  }

  list(): readonly (readonly [string, V])[] {
    return this.keys().flatMap(key => {
      const value = this.values.get(key)
      return value === undefined ? [] : [[key, value] as const]
    })
  }

  /** Stores a value, or removes the key for undefined. True if that changed anything. */
  write(key: string, value: V | undefined): boolean {
    const before = this.values.get(key)
    if (before === undefined ? value === undefined : value !== undefined && this.equal(before, value)) return false
    if (value === undefined) this.values.delete(key)
    else this.values.set(key, value)
    const keysChanged = before === undefined || value === undefined
    if (keysChanged) {
      this.sorted = undefined
      this.tell(keysToken(this.id))
    }
    this.tell(keyToken(this.id, key))
    this.tell(allToken(this.id))
    for (const index of this.indexes) index.update(key, value, token => this.tell(token))
    return true
  }

  /** Tells `dependent` of all later changes. */
  subscribe(dependent: Dependent): void {
    this.dependents.push(dependent)
  }

  /** A second way into the table: by the buckets that `bucketsOf` puts each value in. Made before the first commit. */
  indexBy(bucketsOf: (value: V, key: string) => Iterable<string>): Index<V> {
    const index = new Index<V>(this.ids.next(), this, bucketsOf)
    for (const [key, value] of this.values) index.update(key, value, () => undefined)
    this.indexes.push(index)
    return index
  }

  private tell(token: Token): void {
    for (const dependent of this.dependents) dependent.mark(token)
  }
}
