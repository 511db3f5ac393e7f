import type { Runner } from '@meshwork/core/lifecycle'
import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { Clock, Timer } from '@meshwork/core/time'
import { CERTIFICATE_SECRET, type WorkloadIdentity } from '@meshwork/identity'

/** What is counted of an identity. */
export type WatchedIdentity = Pick<WorkloadIdentity, 'onChange' | 'secondsToExpiry'>

/** Often enough for alarms on the age of a certificate. */
const REFRESH_MS = 5_000

/**
 * Keeps Istio's gauge `istio_agent_cert_expiry_seconds{resource_name="default"}` (seconds until the certificate in use expires; not
 * there before the first one), and counts `istio_agent_cert_renewal_failures_total`.
 */
export class IdentityStats implements Runner {
  readonly name: string = 'identity stats'
  private readonly identity: WatchedIdentity
  private readonly registry: StatsRegistry
  private readonly clock: Clock
  private readonly failures: Slot
  private expiry: Slot | undefined
  private timer: Timer | undefined
  private stopWatching: (() => void) | undefined

  constructor(identity: WatchedIdentity, registry: StatsRegistry, clock: Clock) {
    this.identity = identity
    this.registry = registry
    this.clock = clock
    this.failures = this.scope().counter('cert_renewal_failures_total')
  }

  start(): Promise<void> {
    this.stopWatching = this.identity.onChange(state => {
      if (state.kind === 'failing-with-valid' || state.kind === 'unavailable') this.registry.add(this.failures, 1)
      this.refresh()
    })
    this.tick()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.stopWatching?.()
    this.timer?.cancel()
    return Promise.resolve()
  }

  private tick(): void {
    this.refresh()
    this.timer = this.clock.after(REFRESH_MS, () => this.tick())
  }

  private refresh(): void {
    const seconds = this.identity.secondsToExpiry()
    if (!Number.isFinite(seconds)) return
    this.expiry ??= this.scope().gauge('cert_expiry_seconds')
    this.registry.set(this.expiry, seconds)
  }

  private scope(): ReturnType<StatsRegistry['scope']> {
    return this.registry.scope('agent.', 'istio_agent_', { resource_name: CERTIFICATE_SECRET })
  }
}
