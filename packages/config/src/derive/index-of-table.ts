import { keysToken, keyToken, type AnyTable, type Token, type Values } from './tokens.ts'

type Tell = (token: Token) => void

/** An index over whatever values. */
export interface AnyIndex {
  readonly id: number
  readonly table: AnyTable
  buckets(): readonly string[]
}

/** Keys of a table grouped into buckets. Kept up to date by its table. */
export class Index<V> implements AnyIndex {
  readonly id: number
  readonly table: Values<V>
  private readonly bucketsOf: (value: V, key: string) => Iterable<string>
  private readonly members = new Map<string, Set<string>>()
  private readonly bucketsByKey = new Map<string, ReadonlySet<string>>()

  constructor(id: number, table: Values<V>, bucketsOf: (value: V, key: string) => Iterable<string>) {
    this.id = id
    this.table = table
    this.bucketsOf = bucketsOf
  }

  /** The values of a bucket with their keys, sorted by key. */
  lookup(bucket: string): readonly (readonly [string, V])[] {
    return [...(this.members.get(bucket) ?? [])].toSorted().flatMap(key => {
      const value = this.table.get(key)
      return value === undefined ? [] : [[key, value] as const]
    })
  }

  /** All buckets that hold something, sorted. */
  buckets(): readonly string[] {
    return [...this.members.keys()].toSorted()
  }

  /** Called by the table after each change of a key. Every bucket that the key is or was in has changed. */
  update(key: string, value: V | undefined, tell: Tell): void {
    const before = this.bucketsByKey.get(key) ?? new Set()
    const after = value === undefined ? new Set<string>() : new Set(this.bucketsOf(value, key))
    if (after.size === 0) this.bucketsByKey.delete(key)
    else this.bucketsByKey.set(key, after)
    for (const bucket of before) if (!after.has(bucket)) this.leave(bucket, key, tell)
    for (const bucket of after) if (!before.has(bucket)) this.join(bucket, key, tell)
    for (const bucket of new Set([...before, ...after])) tell(keyToken(this.id, bucket))
  }

  private join(bucket: string, key: string, tell: Tell): void {
    const members = this.members.get(bucket)
    if (members !== undefined) {
      members.add(key)
      return
    }
    this.members.set(bucket, new Set([key]))
    tell(keysToken(this.id))
  }

  private leave(bucket: string, key: string, tell: Tell): void {
    const members = this.members.get(bucket)
    members?.delete(key)
    if (members === undefined || members.size > 0) return
    this.members.delete(bucket)
    tell(keysToken(this.id))
  }
}
