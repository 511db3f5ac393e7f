import { type AttributeBag, type Reference, ReferenceCache } from '@meshwork/core/attributes'

import type { Verdict } from './verdict.ts'

/** An answer of Mixer and how long it may be used. */
export interface CheckAnswer {
  readonly verdict: Verdict
  /** What the answer depends on. */
  readonly references: readonly Reference[]
  /** Milliseconds; Infinity without a time limit. */
  readonly validMs: number
  /** How often it may be used; Infinity without a limit. */
  readonly uses: number
  /** False: used for its own request only. */
  readonly cacheable: boolean
}

class CachedVerdict {
  readonly verdict: Verdict
  usesLeft: number

  constructor(verdict: Verdict, usesLeft: number) {
    this.verdict = verdict
    this.usesLeft = usesLeft
  }
}

/** Verdicts by the attributes they depend on, denials included (mixer.md 1.6). Owned by one Mixer client; a hit allocates only the key. */
export class CheckCache {
  private readonly entries: ReferenceCache<CachedVerdict>

  /** `capacity`: most verdicts kept; 0 turns the cache off. */
  constructor(capacity: number) {
    this.entries = new ReferenceCache(capacity)
  }

  /** The verdict for such a request, counted as one use, or null. `nowMs` is monotonic. */
  take(bag: AttributeBag, nowMs: number): Verdict | null {
    const found = this.entries.get(bag, nowMs)
    if (found === undefined || found.usesLeft <= 0) return null
    found.usesLeft--
    return found.verdict
  }

  /** Keeps the answer to the request `bag`. The request that asked has not used it up: uses count from the next one. */
  store(bag: AttributeBag, answer: CheckAnswer, nowMs: number): void {
    if (!answer.cacheable || answer.uses <= 0) return
    this.entries.set(bag, answer.references, new CachedVerdict(answer.verdict, answer.uses), nowMs + answer.validMs, nowMs)
  }
}
