/** One thing that is fuzzed: a file of its own in `targets/` and a line in `targets/table.ts`. */
export interface FuzzTarget {
  readonly name: string
  /** Inputs to begin with; what is found is kept beside them in `corpus/NAME.txt`, a line of hex each. */
  readonly seeds: readonly Buffer[]
  /** Pieces that random bytes rarely hit. */
  readonly words: readonly Buffer[]
  /** Runs one input; throws when an invariant does not hold. */
  readonly run: (input: Buffer) => void
}

export function hold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`does not hold: ${what}`)
}
