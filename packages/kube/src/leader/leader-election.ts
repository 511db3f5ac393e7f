import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import { type Clock, sleep } from '@meshwork/core/time'
import { fieldsOf, type KubeDocument, textOf } from '../client/fields.ts'
import type { KubeClient } from '../client/kube-client.ts'

export interface LeaderElectionOptions {
  readonly client: KubeClient
  /** Where the Lease is. */
  readonly namespace: string
  /** Of the Lease. */
  readonly name: string
  /** Of this candidate: a name that no other has, also not the one that ran here before. */
  readonly identity: string
  readonly clock: Clock
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Told when this candidate starts to lead, and when it stops to. */
  readonly changed: (leads: boolean) => void
}

/** How long a Lease that nobody renews is respected, in seconds. The times are those that controllers of Kubernetes use. */
const LEASE_SECONDS = 15
/** A leader that cannot renew stops leading well before others may begin. */
const RENEW_LIMIT_MS = 10_000
const PAUSE_MS = 2000
const CALL_LIMIT_MS = 5000
const [OK, CREATED, NOT_FOUND, CONFLICT] = [200, 201, 404, 409]

/**
 * One of several replicas leads: the one that holds a Lease (coordination.k8s.io/v1). State: whether this one does, until when it
 * knows so, and since when the Lease of another has not changed. Times of other machines are never compared with ours.
 */
export class LeaderElection implements Runner {
  readonly name = 'leader election'
  private readonly options: LeaderElectionOptions
  private readonly abort = new AbortController()
  private leads = false
  private renewedAt = 0
  /** What was last seen of the Lease of another, and when it was first seen so. */
  private seen: { readonly text: string; readonly at: number } = { text: '', at: 0 }
  private running: Promise<void> = Promise.resolve()

  constructor(options: LeaderElectionOptions) {
    this.options = options
  }

  get isLeader(): boolean {
    return this.leads
  }

  /** Does not wait for the outcome: whoever does not lead serves all the same. */
  start(): Promise<void> {
    this.running = this.run()
    return Promise.resolve()
  }

  /** Lets go of the Lease, so that a successor need not wait for its end. */
  async close(): Promise<void> {
    this.abort.abort()
    await this.running
    if (!this.leads) return
    this.set(false)
    await this.release().catch((error: unknown) => this.options.log.warn('the lease was not given back', { reason: messageOf(error) }))
  }

  private async run(): Promise<void> {
    const { clock, log } = this.options
    const { signal } = this.abort
    while (!signal.aborted) {
      const began = clock.monotonicMs()
      try {
        if (await this.round()) this.renewedAt = began
      } catch (error) {
        if (!signal.aborted) log.warn('the lease cannot be read or renewed', { lease: this.options.name, reason: messageOf(error) })
      }
      if (signal.aborted) return
      if (this.leads && clock.monotonicMs() - this.renewedAt >= RENEW_LIMIT_MS) this.set(false)
      await sleep(clock, PAUSE_MS, signal)
    }
  }

  /** Takes or renews the Lease if that may be. True: it is ours from the moment that the round began. */
  private async round(): Promise<boolean> {
    const { client } = this.options
    const { status, body } = await client.get(this.path(this.options.name), this.limit())
    if (status === NOT_FOUND) return this.settle(await client.create(this.path(), this.lease({}, {}), this.limit()))
    if (status !== OK) throw new Error(`the API server answers with ${status}: ${textOf(fieldsOf(body)['message'])}`)
    const lease = fieldsOf(body)
    const spec = fieldsOf(lease['spec'])
    const holder = textOf(spec['holderIdentity'])
    const isOurs = holder === this.options.identity
    if (!isOurs && holder !== '' && !this.isExpired(spec)) {
      this.set(false)
      return false
    }
    return this.settle(await client.replace(this.path(this.options.name), this.lease(fieldsOf(lease['metadata']), spec), this.limit()))
  }

  /** Whether the Lease of another has stood unchanged for as long as it says it may. */
  private isExpired(spec: KubeDocument): boolean {
    const text = JSON.stringify(spec)
    const now = this.options.clock.monotonicMs()
    if (text !== this.seen.text) this.seen = { text, at: now }
    const seconds = Number(spec['leaseDurationSeconds'] ?? LEASE_SECONDS)
    return now - this.seen.at >= seconds * 1000
  }

  private settle({ status, body }: { readonly status: number; readonly body: unknown }): boolean {
    // Another was faster.
    if (status === CONFLICT) return false
    if (status !== OK && status !== CREATED) throw new Error(`the API server answers with ${status}: ${textOf(fieldsOf(body)['message'])}`)
    this.set(true)
    return true
  }

  private set(leads: boolean): void {
    if (leads === this.leads || (leads && this.abort.signal.aborted)) return
    this.leads = leads
    const { log, changed, identity, name } = this.options
    log.info(leads ? 'this replica leads' : 'this replica leads no longer', { lease: name, identity })
    changed(leads)
  }

  private async release(): Promise<void> {
    const { client, name, identity } = this.options
    const { body } = await client.get(this.path(name), AbortSignal.timeout(CALL_LIMIT_MS))
    const lease = fieldsOf(body)
    const spec = fieldsOf(lease['spec'])
    if (spec['holderIdentity'] !== identity) return
    const released = { ...lease, spec: { ...spec, holderIdentity: '' } }
    await client.replace(this.path(name), released, AbortSignal.timeout(CALL_LIMIT_MS))
  }

  private lease(meta: KubeDocument, before: KubeDocument): object {
    const { namespace, name, identity, clock } = this.options
    const now = microTime(clock.now())
    const isOurs = before['holderIdentity'] === identity
    const transitions = Number(before['leaseTransitions'] ?? 0)
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...meta, namespace, name },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: LEASE_SECONDS,
        acquireTime: isOurs ? before['acquireTime'] : now,
        renewTime: now,
        leaseTransitions: isOurs ? transitions : transitions + 1,
      },
    }
  }

  private path(name?: string): string {
    const collection = `/apis/coordination.k8s.io/v1/namespaces/${this.options.namespace}/leases`
    return name === undefined ? collection : `${collection}/${name}`
  }

  private limit(): AbortSignal {
    return AbortSignal.any([this.abort.signal, AbortSignal.timeout(CALL_LIMIT_MS)])
  }
}

/** Kubernetes writes these with microseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
