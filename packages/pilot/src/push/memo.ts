import { sameInputs } from '../snapshot/same-inputs.ts'

/** Counts by which tests and metrics see what was computed anew. */
export interface MemoCounters {
  hits: number
  misses: number
}

interface Entry<I, O> {
  readonly inputs: I
  readonly output: O
}

/**
 * Remembers the output of a pure generator for the inputs that each name last had. Equal inputs give the same output object,
 * so whoever compares by identity sees that nothing changed. `keepOnly` forgets what is no longer in use.
 */
export class Memo<I, O extends object> {
  readonly counters: MemoCounters = { hits: 0, misses: 0 }
  private readonly entries = new Map<string, Entry<I, O>[]>()
  /** Inputs that are the very ones of before need no look inside. */
  private readonly byIdentity = new WeakMap<object, O>()

  get(name: string, inputs: I, build: (inputs: I) => O): O {
    const same = isObject(inputs) ? this.byIdentity.get(inputs) : undefined
    if (same !== undefined) {
      this.counters.hits++
      return same
    }
    const output = this.equal(name, inputs) ?? this.built(name, inputs, build)
    if (isObject(inputs)) this.byIdentity.set(inputs, output)
    return output
  }

  private equal(name: string, inputs: I): O | undefined {
    const known = this.entries.get(name)?.find(entry => sameInputs(entry.inputs, inputs))
    if (known !== undefined) this.counters.hits++
    return known?.output
  }

  private built(name: string, inputs: I, build: (inputs: I) => O): O {
    this.counters.misses++
    const output = build(inputs)
    const entry = { inputs, output }
    const variants = this.entries.get(name)
    if (variants === undefined) this.entries.set(name, [entry])
    else variants.push(entry)
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
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
