import { MeshError } from '@meshwork/core/result'
import type { AnyIndex, Index } from './index-of-table.ts'
import type { Table } from './table.ts'
import { allToken, keysToken, keyToken, type AnyTable, type Token } from './tokens.ts'

/**
 * The only way for a computation to see other collections. What one run of it reads is recorded and decides when it runs again;
 * what its collection has not declared is refused.
 */
export class Read {
  readonly tokens: Set<Token> = new Set()
  private readonly reader: string
  private readonly allowed: ReadonlySet<AnyTable>

  constructor(reader: string, allowed: ReadonlySet<AnyTable>) {
    this.reader = reader
    this.allowed = allowed
  }

  /** One value. */
  get<V>(table: Table<V>, key: string): V | undefined {
    this.record(table, keyToken(table.id, key))
    return table.get(key)
  }

  /** The keys, sorted; values may change without a new run. */
  keys(table: AnyTable): readonly string[] {
    this.record(table, keysToken(table.id))
    return table.keys()
  }

  /** Everything, sorted by key: runs again at any change, so prefer an index. */
  list<V>(table: Table<V>): readonly (readonly [string, V])[] {
    this.record(table, allToken(table.id))
    return table.list()
  }

  /** The values in one bucket of an index, sorted by key. */
  lookup<V>(index: Index<V>, bucket: string): readonly (readonly [string, V])[] {
    this.record(index.table, keyToken(index.id, bucket))
    return index.lookup(bucket)
  }

  /** The buckets of an index that hold something, sorted. */
  buckets(index: AnyIndex): readonly string[] {
    this.record(index.table, keysToken(index.id))
    return index.buckets()
  }

  private record(table: AnyTable, token: Token): void {
    if (!this.allowed.has(table)) {
      throw new MeshError('UNDECLARED_READ', `collection '${this.reader}' reads '${table.name}' without declaring it`)
    }
    this.tokens.add(token)
  }
}
