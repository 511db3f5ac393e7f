import { MeshError } from '@meshwork/core/result'
import { Derived, type Derivation } from './derived.ts'
import { Table, type Equal } from './table.ts'
import type { AnyTable } from './tokens.ts'

export interface GraphOptions {
  /** After every `n`-th commit compute all collections anew and compare (throws `DERIVE_MISMATCH`); 0 and unset: never. */
  readonly compareEvery?: number
}

/** A collection whose values come from outside. Changes wait for the next commit. */
export interface Input<V> {
  readonly table: Table<V>
  set(key: string, value: V): void
  delete(key: string): void
}

/** A collection as the graph sees it: something to bring up to date. */
interface Node {
  readonly table: AnyTable
  refresh(): readonly string[]
}

/** The keys that changed in a commit, by name of the collection. Collections without changes are left out. */
export type Changes = ReadonlyMap<string, readonly string[]>

/**
 * Collections that follow from one another. Derived ones name their inputs, which must exist already: the order of construction is
 * the order of computation, and a cycle cannot be written down. One caller at a time; nothing here waits.
 */
export class Graph {
  private readonly options: GraphOptions
  private readonly inputs: Node[] = []
  private readonly derived: (Node & { verify(): void })[] = []
  private readonly tables = new Map<string, AnyTable>()
  private ids = 0
  private commits = 0
  private committing = false

  constructor(options: GraphOptions = {}) {
    this.options = options
  }

  input<V>(name: string, equal?: Equal<V>): Input<V> {
    const input = new InputCollection<V>(this.table(name, equal))
    this.inputs.push(input)
    return input
  }

  derive<V>(derivation: Derivation<V>): Derived<V> {
    const stranger = derivation.inputs.find(table => this.tables.get(table.name) !== table)
    if (stranger !== undefined) {
      throw new MeshError(
        'DERIVE_CYCLE',
        `'${derivation.name}' has the input '${stranger.name}', which is not an earlier collection of this graph`,
      )
    }
    const derived = new Derived<V>(derivation, this.table(derivation.name, derivation.equal))
    this.derived.push(derived)
    return derived
  }

  /** Takes in the pending changes of all inputs and brings every derived collection up to date. */
  commit(): Changes {
    if (this.committing) throw new MeshError('DERIVE_REENTRY', 'a computation started a commit')
    this.committing = true
    try {
      return this.propagate()
    } finally {
      this.committing = false
    }
  }

  private propagate(): Changes {
    const changes = new Map<string, readonly string[]>()
    for (const node of [...this.inputs, ...this.derived]) {
      const changed = node.refresh()
      if (changed.length > 0) changes.set(node.table.name, changed)
    }
    this.commits++
    const every = this.options.compareEvery ?? 0
    if (every > 0 && this.commits % every === 0) for (const derived of this.derived) derived.verify()
    return changes
  }

  private table<V>(name: string, equal: Equal<V> | undefined): Table<V> {
    if (this.tables.has(name)) throw new MeshError('DERIVE_NAME', `there is another collection '${name}'`)
    const table = new Table<V>(name, { next: () => this.ids++ }, equal)
    this.tables.set(name, table)
    return table
  }
}

class InputCollection<V> implements Input<V> {
  readonly table: Table<V>
  private readonly pending = new Map<string, V | undefined>()

  constructor(table: Table<V>) {
    this.table = table
  }

  set(key: string, value: V): void {
    this.pending.set(key, value)
  }

  delete(key: string): void {
    this.pending.set(key, undefined)
  }

  refresh(): readonly string[] {
    const changed = [...this.pending].filter(([key, value]) => this.table.write(key, value)).map(([key]) => key)
    this.pending.clear()
    return changed
  }
}
