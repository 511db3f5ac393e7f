import type { MeshNetworks } from '@meshwork/config/registry'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock, Timer } from '@meshwork/core/time'
import type { NameAnswer } from './look-up-name.ts'

/** Names are looked up again when their answers end, but neither more often nor more seldom than this, in milliseconds. */
const SHORTEST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 60_000
/** More gateways than any mesh has. */
const MOST_NAMES = 1000
/** Longest wait for the first answers before proxies are served without those gateways. */
const FIRST_ANSWERS_MS = 5000

export interface GatewayNamesOptions {
  readonly lookUp: (name: string) => Promise<NameAnswer | null>
  readonly changed: (name: string, addresses: readonly string[]) => void
  readonly clock: Clock
  readonly log: Logger
}

interface Kept {
  addresses: readonly string[]
  timer: Timer | null
  isFailing: boolean
}

/**
 * Keeps the addresses of gateways between networks that have only names, as load balancers of some clouds do: proxies get endpoints,
 * which cannot be names. A name that cannot be looked up keeps the addresses it had. Owned by the pilot.
 */
export class GatewayNames implements Runner {
  readonly name = 'gateway names'
  private readonly options: GatewayNamesOptions
  private readonly kept = new Map<string, Kept>()
  private readonly firstTries = new Set<Promise<void>>()
  private isClosed = false

  constructor(options: GatewayNamesOptions) {
    this.options = options
  }

  /** Waits a while for the first answers, so that a restarted pilot does not tell proxies of networks without gateways. */
  async start(): Promise<void> {
    if (this.firstTries.size === 0) return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const timer = this.options.clock.after(FIRST_ANSWERS_MS, () => resolve(undefined))
    await Promise.race([Promise.all(this.firstTries), promise])
    timer.cancel()
  }

  close(): Promise<void> {
    this.isClosed = true
    for (const { timer } of this.kept.values()) timer?.cancel()
    return Promise.resolve()
  }

  /** The names that gateways have now; others are forgotten. */
  want({ names }: Pick<MeshNetworks, 'names'>): void {
    const wanted = new Set(names.slice(0, MOST_NAMES))
    for (const [name, { timer }] of this.kept) {
      if (wanted.has(name)) continue
      timer?.cancel()
      this.kept.delete(name)
    }
    for (const name of wanted) if (!this.kept.has(name)) this.add(name)
  }

  private add(name: string): void {
    const kept: Kept = { addresses: [], timer: null, isFailing: false }
    this.kept.set(name, kept)
    const first = this.lookUp(name, kept).finally(() => this.firstTries.delete(first))
    this.firstTries.add(first)
  }

  private async lookUp(name: string, kept: Kept): Promise<void> {
    const answer = await this.options.lookUp(name)
    if (this.isClosed || this.kept.get(name) !== kept) return
    if (answer === null || answer.addresses.length === 0) this.failed(name, kept)
    else this.found(name, kept, answer.addresses)
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, answer?.ttlMs ?? 0))
    kept.timer = this.options.clock.after(pauseMs, () => void this.lookUp(name, kept))
  }

  private found(name: string, kept: Kept, addresses: readonly string[]): void {
    kept.isFailing = false
    const sorted = addresses.toSorted()
    if (sorted.join() === kept.addresses.join()) return
    kept.addresses = sorted
    this.options.changed(name, sorted)
  }

  private failed(name: string, kept: Kept): void {
    if (kept.isFailing) return
    kept.isFailing = true
    const consequence = kept.addresses.length === 0 ? 'it takes no connections until its name is known' : 'its last addresses stay'
    this.options.log.warn('the name of a gateway between networks has no addresses', { name, consequence })
  }
}
