import { branchCount, branches } from './instrument.ts'
import { Dice, mutate } from './mutate.ts'
import type { FuzzTarget } from './target.ts'

export interface Found {
  readonly executions: number
  /** Branches taken by any input, and all that there are. */
  readonly edges: number
  readonly allEdges: number
  /** Inputs that took a branch, or took it so often, as none before. */
  readonly corpus: readonly Buffer[]
  readonly failure: { readonly input: Buffer; readonly error: Error } | null
}

/** An input that takes longer is a failure: work must be linear in the bytes. */
const MAX_MS = 500

/** Runs mutations of ever better inputs for `seconds`, or until an invariant does not hold. */
export function explore(target: FuzzTarget, start: readonly Buffer[], seconds: number, seed: number): Found {
  const dice = new Dice(seed)
  const corpus: Buffer[] = []
  const seen = new Uint8Array(branches.length)
  const until = performance.now() + seconds * 1000
  let executions = 0
  const attempt = (input: Buffer): Error | null => {
    branches.fill(0, 0, branchCount())
    executions++
    const began = performance.now()
    const error = failureOf(target, input)
    if (takesNew(seen)) corpus.push(input)
    return error ?? (performance.now() - began > MAX_MS ? new Error(`takes more than ${MAX_MS} ms`) : null)
  }
  const finish = (failure: Found['failure']): Found => ({
    executions,
    edges: seen.filter(Boolean).length,
    allEdges: branchCount(),
    corpus,
    failure,
  })
  for (const input of start) {
    const error = attempt(input)
    if (error !== null) return finish({ input, error })
  }
  while (performance.now() < until) {
    const input = mutate(pick(corpus, dice), pick(corpus, dice), target.words, dice)
    const error = attempt(input)
    if (error !== null) return finish({ input, error })
  }
  return finish(null)
}

function pick(corpus: readonly Buffer[], dice: Dice): Buffer {
  return corpus[dice.roll(Math.max(1, corpus.length))] ?? Buffer.alloc(1)
}

function failureOf(target: FuzzTarget, input: Buffer): Error | null {
  try {
    target.run(input)
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Counts are compared by the power of two that they reach. */
function takesNew(seen: Uint8Array): boolean {
  let isNew = false
  for (let i = 0; i < branchCount(); i++) {
    const times = branches[i] ?? 0
    if (times === 0) continue
    const bit = times < 4 ? 1 << (times - 1) : times < 16 ? 8 : times < 64 ? 16 : 32
    if (((seen[i] ?? 0) & bit) !== 0) continue
    seen[i] = (seen[i] ?? 0) | bit
    isNew = true
  }
  return isNew
}
