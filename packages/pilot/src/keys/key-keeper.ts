import type { ObjectOf } from '@meshwork/config/kinds'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Result } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import { type KeyPlace, keyPlace, keyPlaceText } from '../translate/security/token-keys.ts'
import { fetchKeys } from './fetch-keys.ts'

const MINUTE_MS = 60_000
/** Keys are fetched anew this long after they were (Istio's PILOT_JWT_PUB_KEY_REFRESH_INTERVAL). */
export const REFRESH_MS: number = 20 * MINUTE_MS
/** After the first failures the next try comes soon, later ones with doubling pauses. */
const EARLY_TRIES = 7
const EARLY_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60 * MINUTE_MS
/** More places than any mesh has issuers. */
const MOST_PLACES = 1000

export interface KeyKeeperOptions {
  readonly clock: Clock
  readonly log: Logger
  /** All key sets that are known, by `keyPlaceText`. */
  readonly changed: (keySets: ReadonlyMap<string, string>) => void
}

interface Kept {
  readonly place: KeyPlace
  timeoutMs: number
  keys: string | undefined
  failures: number
  timer: Timer | null
  /** Why the last try failed; undefined after a success. */
  problem: string | undefined
}

/**
 * Keeps the key sets that RequestAuthentications name: fetched when first wanted, again every 20 minutes; the last good ones stay
 * when that fails. Owned by the pilot; nothing else fetches keys.
 */
export class KeyKeeper implements Runner {
  readonly name = 'keys'
  private readonly options: KeyKeeperOptions
  private readonly kept = new Map<string, Kept>()
  private readonly stopped = new AbortController()
  private readonly firstTries = new Set<Promise<void>>()

  constructor(options: KeyKeeperOptions) {
    this.options = options
  }

  /** Waits for the first answers, so that a restarted pilot does not tell proxies to refuse tokens that it has no keys for yet. */
  async start(): Promise<void> {
    await Promise.all(this.firstTries)
  }

  close(): Promise<void> {
    this.stopped.abort()
    for (const { timer } of this.kept.values()) timer?.cancel()
    return Promise.resolve()
  }

  /** The places that rules name now; others are forgotten. */
  want(objects: readonly ObjectOf<'RequestAuthentication'>[]): void {
    const wanted = new Map<string, { readonly place: KeyPlace; readonly timeoutMs: number }>()
    for (const rule of objects.flatMap(({ spec }) => spec.jwtRules)) {
      const place = keyPlace(rule)
      if (place !== undefined && wanted.size < MOST_PLACES) wanted.set(keyPlaceText(place), { place, timeoutMs: rule.timeoutMs })
    }
    for (const [key, { timer }] of this.kept) {
      if (wanted.has(key)) continue
      timer?.cancel()
      this.kept.delete(key)
    }
    for (const [key, { place, timeoutMs }] of wanted) {
      const known = this.kept.get(key)
      if (known === undefined) this.add(place, timeoutMs)
      else known.timeoutMs = timeoutMs
    }
  }

  /** Places without keys, with the reason: their tokens are refused. */
  problems(): ReadonlyMap<string, string> {
    return new Map([...this.kept].flatMap(([key, { problem }]) => (problem === undefined ? [] : [[key, problem] as const])))
  }

  private add(place: KeyPlace, timeoutMs: number): void {
    const kept: Kept = { place, timeoutMs, keys: undefined, failures: 0, timer: null, problem: undefined }
    this.kept.set(keyPlaceText(place), kept)
    const first = this.fetch(kept).finally(() => this.firstTries.delete(first))
    this.firstTries.add(first)
  }

  private async fetch(kept: Kept): Promise<void> {
    const outcome = await fetchKeys(kept.place, kept.timeoutMs, this.stopped.signal)
    if (this.stopped.signal.aborted || this.kept.get(keyPlaceText(kept.place)) !== kept) return
    this.take(kept, outcome)
    kept.timer = this.options.clock.after(pauseAfter(kept.failures), () => void this.fetch(kept))
  }

  private take(kept: Kept, outcome: Result<string, string>): void {
    if (outcome.kind === 'err') {
      kept.failures++
      kept.problem = outcome.error
      const consequence = kept.keys === undefined ? 'tokens are refused until keys are there' : 'the last good keys stay'
      this.options.log.warn('keys could not be fetched', { place: keyPlaceText(kept.place), reason: outcome.error, consequence })
      return
    }
    kept.failures = 0
    kept.problem = undefined
    if (kept.keys === outcome.value) return
    kept.keys = outcome.value
    this.options.changed(new Map([...this.kept].flatMap(([key, { keys }]) => (keys === undefined ? [] : [[key, keys] as const]))))
  }
}

function pauseAfter(failures: number): number {
  if (failures === 0) return REFRESH_MS
  if (failures < EARLY_TRIES) return EARLY_PAUSE_MS
  return Math.min(LONGEST_PAUSE_MS, MINUTE_MS * 2 ** Math.min(failures - EARLY_TRIES, 10))
}
