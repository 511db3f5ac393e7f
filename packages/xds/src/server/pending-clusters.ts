import type { ResourceSet } from '../cache/cache.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Verdict } from './variant.ts'

/**
 * How far a client is with a cluster that it was sent: `sent` and not answered; accepted but without the `endpoints` that it warms
 * by; these were sent too (`warming`); or `refused`.
 */
type Phase = 'sent' | 'endpoints' | 'warming' | 'refused'

interface Entry {
  readonly phase: Phase
  /** Of the response that brought the cluster, counted by the stream. */
  readonly number: number
}

/**
 * The clusters that a client has been told of and cannot use yet: what leads to them waits (make before break). A client that has
 * just started has nothing to lose, and need not wait.
 */
export class PendingClusters {
  private readonly entries = new Map<string, Entry>()
  /** The first response, as it was sent: few clients ever need to be asked about it. */
  private first: { readonly lists: readonly (readonly XdsResource[])[]; readonly number: number } | null = null

  get size(): number {
    return this.entries.size
  }

  /** The first response of a stream went out. */
  firstSent(lists: readonly (readonly XdsResource[])[], number: number): void {
    this.first = { lists, number }
  }

  /** Somebody who is running asks for routes: for him the clusters of the first response are as new as those of any other. */
  countFirst(): void {
    if (this.first === null) return
    const { lists, number } = this.first
    this.first = null
    this.sent(
      lists.flat().map(({ name }) => name),
      number,
    )
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  /** Clusters that the client did not have, or cannot use yet, go out in response `number`. */
  sent(names: Iterable<string>, number: number): void {
    for (const name of names) this.entries.set(name, { phase: 'sent', number })
  }

  /**
   * The client has answered response `number`; what a later one brought is not meant. `endpoints` are those of the view: a cluster
   * that has none there needs none.
   */
  clustersAnswered(verdict: Verdict, number: number, endpoints: ResourceSet | undefined): void {
    if (verdict.kind === 'nack') this.countFirst()
    this.first = null
    for (const [name, { phase, number: sentIn }] of this.entries) {
      const isMeant = sentIn <= number && (phase === 'sent' || (phase === 'refused' && sentIn === number))
      if (!isMeant) continue
      // A proxy names what it refuses; it takes the others of the same response.
      if (verdict.kind === 'nack' && verdict.message.includes(name)) this.entries.set(name, { phase: 'refused', number: sentIn })
      else if (endpoints?.has(name) === true) this.entries.set(name, { phase: 'endpoints', number: sentIn })
      else this.entries.delete(name)
    }
  }

  endpointsSent(lists: readonly (readonly XdsResource[])[]): void {
    if (this.entries.size === 0) return
    for (const list of lists) for (const { name } of list) this.move(name, 'endpoints', 'warming')
  }

  /** The client has the endpoints of some clusters from before. */
  endpointsHeld(holds: (name: string) => boolean): void {
    for (const [name, { phase }] of this.entries) if (phase === 'endpoints' && holds(name)) this.entries.delete(name)
  }

  endpointsAnswered(): void {
    for (const [name, { phase }] of this.entries) if (phase === 'warming') this.entries.delete(name)
  }

  gone(names: Iterable<string>): void {
    for (const name of names) this.entries.delete(name)
  }

  /**
   * Gives up on whoever has a cluster and never asked for its endpoints. What is on its way will be answered, as streams keep
   * their order; and what was refused stays refused. True if something is on its way.
   */
  expire(): boolean {
    for (const [name, { phase }] of this.entries) if (phase === 'endpoints' || phase === 'warming') this.entries.delete(name)
    return [...this.entries.values()].some(({ phase }) => phase === 'sent')
  }

  private move(name: string, from: Phase, to: Phase): void {
    const entry = this.entries.get(name)
    if (entry?.phase === from) this.entries.set(name, { phase: to, number: entry.number })
  }
}
