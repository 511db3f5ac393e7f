import type { ResourceSet } from '../cache/cache.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Verdict } from './variant.ts'

/**
 * How far a client is with a cluster that it was sent: `sent` and not answered; accepted but without the `endpoints` that it warms
 * by; these were sent too (`warming`); or `refused`.
 */
type Phase = 'sent' | 'endpoints' | 'warming' | 'refused'

/**
 * The clusters that a client has been told of and cannot use yet: what leads to them waits (make before break). Of the first
 * response on a stream nothing is pending, since a first form is better than none.
 */
export class PendingClusters {
  private readonly phases = new Map<string, Phase>()

  get size(): number {
    return this.phases.size
  }

  has(name: string): boolean {
    return this.phases.has(name)
  }

  /** Clusters that the client did not have, or refused, went out. */
  sent(names: Iterable<string>): void {
    for (const name of names) this.phases.set(name, 'sent')
  }

  wasRefused(name: string): boolean {
    return this.phases.get(name) === 'refused'
  }

  /** `endpoints` are those of the view; a cluster that has none there needs none. */
  clustersAnswered(verdict: Verdict, endpoints: ResourceSet | undefined): void {
    for (const [name, phase] of this.phases) {
      if (phase !== 'sent') continue
      // A proxy names what it refuses; it takes the others of the same response.
      if (verdict.kind === 'nack' && verdict.message.includes(name)) this.phases.set(name, 'refused')
      else if (endpoints?.has(name) === true) this.phases.set(name, 'endpoints')
      else this.phases.delete(name)
    }
  }

  endpointsSent(lists: readonly (readonly XdsResource[])[]): void {
    if (this.phases.size === 0) return
    for (const list of lists) for (const { name } of list) if (this.phases.get(name) === 'endpoints') this.phases.set(name, 'warming')
  }

  endpointsAnswered(): void {
    for (const [name, phase] of this.phases) if (phase === 'warming') this.phases.delete(name)
  }

  gone(names: Iterable<string>): void {
    for (const name of names) this.phases.delete(name)
  }

  /** Gives up on whoever never asked for endpoints, or never answered. What was refused stays refused. */
  expire(): void {
    for (const [name, phase] of this.phases) if (phase !== 'refused') this.phases.delete(name)
  }
}
