import { sameInputs } from '../snapshot/same-inputs.ts'

/** Counts by which tests and metrics see what was computed anew. */
export interface MemoCounters {
  hits: number
  misses: number
}

interface Entry<I, O> {
  readonly inputs: I
  readonly output: O
  lastUsed: number
}

/**
 * Remembers the output of a pure generator for the inputs that each name last had. Equal inputs give the same output object,
 * so whoever compares by identity sees that nothing changed. `sweep` forgets what a full round did not ask for.
 */
export class Memo<I, O> {
  readonly counters: MemoCounters = { hits: 0, misses: 0 }
  private readonly entries = new Map<string, Entry<I, O>[]>()
  private round = 0

  get(name: string, inputs: I, build: (inputs: I) => O): O {
    const variants = this.entries.get(name) ?? []
    const known = variants.find(entry => sameInputs(entry.inputs, inputs))
    if (known !== undefined) {
      known.lastUsed = this.round
      this.counters.hits++
      return known.output
    }
    this.counters.misses++
    const output = build(inputs)
    this.entries.set(name, [...variants, { inputs, output, lastUsed: this.round }])
    return output
  }

  /** Drops whatever made an output that is not among `outputs`. */
  keepOnly(outputs: ReadonlySet<unknown>): void {
    for (const [name, variants] of this.entries) {
      if (variants.every(entry => outputs.has(entry.output))) continue
      const used = variants.filter(entry => outputs.has(entry.output))
      if (used.length === 0) this.entries.delete(name)
      else this.entries.set(name, used)
    }
  }

  /** Starts a new round; what the one before did not use is dropped. */
  sweep(): void {
    for (const [name, variants] of this.entries) {
      const used = variants.filter(entry => entry.lastUsed === this.round)
      if (used.length === 0) this.entries.delete(name)
      else if (used.length < variants.length) this.entries.set(name, used)
    }
    this.round++
  }
}
