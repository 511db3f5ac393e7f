import { MeshError } from '@meshwork/core/result'
import { isDeepStrictEqual } from 'node:util'
import { Read } from './read.ts'
import type { Table } from './table.ts'
import type { AnyTable, Dependent, Token } from './tokens.ts'

/** How a collection follows from others. Both functions must be pure: same reads, same results. */
export interface Derivation<V> {
  readonly name: string
  /** Every collection that the functions read. They exist before this one, so there are no cycles. */
  readonly inputs: readonly AnyTable[]
  /** The keys of the collection. */
  readonly keys: (read: Read) => Iterable<string>
  /** The value of a key; undefined leaves the key out. */
  readonly compute: (key: string, read: Read) => V | undefined
  readonly equal?: (a: V, b: V) => boolean
}

/** The computation of the keys, beside those of the values, which go by their key with a sign in front. */
const KEYS = 'keys'
const computationOf = (key: string): string => `=${key}`

/**
 * Keeps a derived table up to date. State: for each computation the tokens it read at its last run, both ways, and the computations
 * that have to run again. A computation leaves `dirty` only once it has succeeded, so that nothing is lost if one throws.
 */
export class Derived<V> implements Dependent {
  readonly table: Table<V>
  /** Runs of `compute` so far, for tests and metrics. */
  computations = 0
  private readonly derivation: Derivation<V>
  private readonly allowed: ReadonlySet<AnyTable>
  private readonly readers = new Map<Token, Set<string>>()
  private readonly reads = new Map<string, ReadonlySet<Token>>()
  private readonly dirty = new Set<string>([KEYS])
  private keys: ReadonlySet<string> = new Set()

  constructor(derivation: Derivation<V>, table: Table<V>) {
    this.derivation = derivation
    this.table = table
    this.allowed = new Set(derivation.inputs)
    for (const input of derivation.inputs) input.subscribe(this)
  }

  mark(token: Token): void {
    for (const computation of this.readers.get(token) ?? []) this.dirty.add(computation)
  }

  /** Runs what has to run. Gives the keys whose values changed. */
  refresh(): readonly string[] {
    const changed: string[] = []
    if (this.dirty.has(KEYS)) this.refreshKeys(changed)
    for (const computation of this.dirty) {
      const key = computation.slice(1)
      const value = this.run(computation, read => this.derivation.compute(key, read))
      this.computations++
      this.dirty.delete(computation)
      if (this.table.write(key, value)) changed.push(key)
    }
    return changed
  }

  /** Computes everything anew beside the table and compares: a difference is an impure function. */
  verify(): void {
    const read = new Read(this.derivation.name, this.allowed)
    const keys = new Set(this.derivation.keys(read))
    for (const key of new Set([...keys, ...this.table.keys()])) {
      const value = keys.has(key) ? this.derivation.compute(key, read) : undefined
      if (isDeepStrictEqual(value, this.table.get(key))) continue
      throw new MeshError(
        'DERIVE_MISMATCH',
        `collection '${this.derivation.name}' holds an old value for '${key}': its function is not pure`,
      )
    }
  }

  private refreshKeys(changed: string[]): void {
    const keys = new Set(this.run(KEYS, read => this.derivation.keys(read)))
    for (const key of keys) if (!this.keys.has(key)) this.dirty.add(computationOf(key))
    for (const key of this.keys) {
      if (keys.has(key)) continue
      this.forget(computationOf(key))
      this.dirty.delete(computationOf(key))
      if (this.table.write(key, undefined)) changed.push(key)
    }
    this.keys = keys
    this.dirty.delete(KEYS)
  }

  private run<T>(computation: string, compute: (read: Read) => T): T {
    const read = new Read(this.derivation.name, this.allowed)
    const result = compute(read)
    this.forget(computation)
    this.reads.set(computation, read.tokens)
    for (const token of read.tokens) {
      const readers = this.readers.get(token)
      if (readers === undefined) this.readers.set(token, new Set([computation]))
      else readers.add(computation)
    }
    return result
  }

  private forget(computation: string): void {
    for (const token of this.reads.get(computation) ?? []) {
      const readers = this.readers.get(token)
      readers?.delete(computation)
      if (readers?.size === 0) this.readers.delete(token)
    }
    this.reads.delete(computation)
  }
}
