import type { Clock, Timer } from '@meshwork/core/time'
import type { Logger } from '@meshwork/core/log'
import type { XdsCache } from '../cache/cache.ts'
import type { DeltaRequest, SotwRequest, XdsRequest, XdsResponse } from '../types/messages.ts'
import type { XdsNode } from '../types/node.ts'
import type { XdsResource } from '../types/resource.ts'
import { ADS_ORDER, CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, PROXY_READY_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'
import { decide } from './decide.ts'
import { deltaVariant } from './delta.ts'
import type { ClientStatus, XdsServerHooks } from './hooks.ts'
import { PendingClusters } from './pending-clusters.ts'
import type { StreamPeer } from './peer.ts'
import { sotwVariant } from './sotw.ts'
import { Subscription } from './subscription.ts'
import type { ServerStream, ServerTransport, StreamFailure } from './transport.ts'
import type { Variant, Verdict } from './variant.ts'

export interface DiscoveryStreamOptions {
  readonly id: number
  readonly cache: XdsCache
  readonly hooks: XdsServerHooks
  readonly clock: Clock
  readonly log: Logger
  readonly transport: ServerTransport
  readonly peer: StreamPeer
  /** Called once, when the stream is over for whatever reason. */
  readonly ended: () => void
}

/** A client that names more types than exist is broken or hostile. */
const MAX_TYPES = 32
const MAX_NAMES_PER_TYPE = 200_000
/** A client that never asks for the endpoints of its new clusters shall get its routes all the same, after so many milliseconds. */
const LONGEST_WAIT_MS = 10_000

/** Types that warm by another type: when the first changes, the client needs the second for it. */
const DEPENDENT_TYPE: ReadonlyMap<string, string> = new Map([
  [CLUSTER_TYPE, ENDPOINT_TYPE],
  [LISTENER_TYPE, ROUTE_TYPE],
])

/** The variant, bound to the requests it understands once the first request has told which one it is. */
interface Protocol {
  readonly variant: Pick<Variant<never>, 'additions' | 'removals' | 'dependencySent'>
  apply(subscription: Subscription, request: XdsRequest): Verdict | null
}

interface Client {
  readonly node: XdsNode
  viewKey: string
  readonly connectedAt: number
}

/**
 * One discovery stream. Owns the subscriptions of its client and the watches on the cache; all calls come from the event
 * loop of the transport, so nothing here runs at the same time. Changes only mark names as dirty; what is sent is decided
 * when the transport has room, so that a slow client has at most one merged answer per type waiting, made of the newest state.
 */
export class DiscoveryStream implements ServerStream {
  private readonly options: DiscoveryStreamOptions
  private readonly subscriptions = new Map<string, Subscription>()
  /** The subscriptions in the order in which they are answered; null: there are new ones. */
  private ordered: readonly Subscription[] | null = null
  private readonly unwatch = new Map<string, () => void>()
  private protocol: Protocol | null = null
  private client: Client | null = null
  private readonly pending = new PendingClusters()
  private waiting: Timer | null = null
  private nonce = 0
  private writable = true
  private flushScheduled = false
  private over = false
  private saidReady = false

  constructor(options: DiscoveryStreamOptions) {
    this.options = options
  }

  received(request: XdsRequest): void {
    if (this.over) return
    if (this.client === null && !this.connect(request)) return
    if (request.typeUrl === PROXY_READY_TYPE) {
      this.noteReady(request)
      return
    }
    const subscription = this.subscriptionFor(request)
    if (subscription === null) return
    const verdict = this.protocol?.apply(subscription, request) ?? null
    if (verdict === null) {
      this.fail({ code: 'INVALID_ARGUMENT', message: 'a stream has one protocol variant' })
      return
    }
    this.note(subscription, verdict, request.responseNonce)
    this.scheduleFlush()
  }

  drained(): void {
    this.writable = true
    this.scheduleFlush()
  }

  closed(): void {
    this.finish()
  }

  fail(failure: StreamFailure): void {
    if (this.over) return
    this.options.transport.end(failure)
    this.finish()
  }

  /** null before the first request. */
  status(): ClientStatus | null {
    if (this.client === null) return null
    const subscriptions = [...this.subscriptions.values()]
    const types = new Map(subscriptions.map(({ typeUrl, sync }) => [typeUrl, sync]))
    const heldBack = new Map(subscriptions.flatMap(({ typeUrl, heldBack: names }) => (names.size === 0 ? [] : [[typeUrl, [...names]]])))
    return { node: this.client.node, viewKey: this.client.viewKey, connectedAt: this.client.connectedAt, types, heldBack }
  }

  /** null before the first request. */
  get viewKey(): string | null {
    return this.client?.viewKey ?? null
  }

  /** True if the client has another view now. */
  reassign(viewOf: (node: XdsNode) => string): boolean {
    if (this.client === null || this.over) return false
    const viewKey = viewOf(this.client.node)
    if (viewKey === this.client.viewKey) return false
    this.client.viewKey = viewKey
    for (const subscription of this.subscriptions.values()) {
      this.watch(subscription, viewKey)
      subscription.markAll()
    }
    this.scheduleFlush()
    return true
  }

  private connect(request: XdsRequest): boolean {
    if (request.node === null || request.node.id === '') {
      this.fail({ code: 'INVALID_ARGUMENT', message: 'the first request of a stream must name the node' })
      return false
    }
    const view = this.options.hooks.connected(request.node, this.options.peer)
    if (view.kind === 'err') {
      this.fail(typeof view.error === 'string' ? { code: 'INVALID_ARGUMENT', message: view.error } : view.error)
      return false
    }
    this.client = { node: request.node, viewKey: view.value, connectedAt: this.options.clock.now() }
    this.protocol = request.kind === 'sotw' ? this.sotw() : this.delta()
    this.options.log.info('xds client connected', { node: request.node.id, view: view.value, variant: request.kind })
    return true
  }

  private noteReady(request: XdsRequest): void {
    const [text = ''] = request.kind === 'sotw' ? request.resourceNames : request.subscribe
    if (this.saidReady || this.client === null || !/^\d{1,7}$/.test(text)) return
    this.saidReady = true
    this.options.hooks.ready?.(this.client.node, Number(text))
  }

  private sotw(): Protocol {
    const apply = (subscription: Subscription, request: SotwRequest): Verdict =>
      sotwVariant.apply(subscription, request, this.existing(subscription.typeUrl))
    return { variant: sotwVariant, apply: (subscription, request) => (request.kind === 'sotw' ? apply(subscription, request) : null) }
  }

  private delta(): Protocol {
    const apply = (subscription: Subscription, request: DeltaRequest): Verdict => deltaVariant.apply(subscription, request, undefined)
    return { variant: deltaVariant, apply: (subscription, request) => (request.kind === 'delta' ? apply(subscription, request) : null) }
  }

  private subscriptionFor(request: XdsRequest): Subscription | null {
    const existing = this.subscriptions.get(request.typeUrl)
    const asked = request.kind === 'sotw' ? request.resourceNames.length : request.subscribe.length + (existing?.names.size ?? 0)
    if (asked > MAX_NAMES_PER_TYPE) {
      this.fail({ code: 'RESOURCE_EXHAUSTED', message: `more than ${MAX_NAMES_PER_TYPE} names of ${request.typeUrl}` })
      return null
    }
    if (existing !== undefined) return existing
    if (request.typeUrl === '' || this.subscriptions.size >= MAX_TYPES) {
      this.fail({ code: 'INVALID_ARGUMENT', message: `resource type '${request.typeUrl}' cannot be subscribed to` })
      return null
    }
    const subscription = new Subscription(request.typeUrl)
    this.subscriptions.set(request.typeUrl, subscription)
    this.ordered = null
    if (this.client !== null) this.watch(subscription, this.client.viewKey)
    return subscription
  }

  private watch(subscription: Subscription, viewKey: string): void {
    const { typeUrl } = subscription
    this.unwatch.get(typeUrl)?.()
    const stop = this.options.cache.watch(viewKey, typeUrl, names => {
      subscription.mark(names)
      this.scheduleFlush()
    })
    this.unwatch.set(typeUrl, stop)
  }

  private note(subscription: Subscription, verdict: Verdict, nonce: string): void {
    if (verdict.kind === 'none' || this.client === null) return
    const { hooks, clock } = this.options
    const { typeUrl, sync } = subscription
    const version = sync.kind === 'never-sent' ? '' : sync.version
    subscription.answered = true
    this.noteForDependents(typeUrl, verdict, numberOf(nonce))
    if (verdict.kind === 'ack') {
      subscription.sync = { kind: 'acked', version, ackedAt: clock.now() }
      hooks.acked(this.client.node, typeUrl, version)
      return
    }
    subscription.sync = { kind: 'nacked', version, nackedAt: clock.now(), message: verdict.message }
    this.options.log.warn('xds client rejected a response', { node: this.client.node.id, type: typeUrl, error: verdict.message })
    hooks.nacked(this.client.node, typeUrl, version, verdict.message)
  }

  /** Once per turn of the event loop: what changes together is answered together, in the order of the types. */
  private scheduleFlush(): void {
    if (this.flushScheduled || this.over) return
    this.flushScheduled = true
    queueMicrotask(() => {
      this.flushScheduled = false
      this.flush()
    })
  }

  private flush(): void {
    this.ordered ??= inAdsOrder(this.subscriptions)
    const { ordered } = this
    for (const subscription of ordered) {
      if (!this.writable || this.over) return
      this.sendAdditions(subscription)
    }
    // Break only after make: what went away is taken once everything that may replace it has been sent.
    if (ordered.some(({ heldBack }) => heldBack.size > 0)) return
    for (const subscription of ordered.toReversed()) {
      if (!this.writable || this.over) return
      this.sendRemovals(subscription)
    }
  }

  private sendAdditions(subscription: Subscription): void {
    const { typeUrl, dirt, owesAnswer } = subscription
    const existing = this.existing(typeUrl)
    if (existing === undefined || dirt.kind === 'clean' || this.protocol === null) return
    const decision = decide(subscription, existing, this.gate(subscription))
    if (decision.heldBack.size > 0 && subscription.sync.kind === 'never-sent') {
      // Half of a first answer would count as all of it.
      subscription.heldBack = decision.heldBack
      return
    }
    if (typeUrl === CLUSTER_TYPE) this.notePending(subscription, decision.changed)
    subscription.book(decision, existing)
    const response = this.protocol.variant.additions(subscription, decision, owesAnswer && decision.heldBack.size === 0, this.nextNonce())
    if (typeUrl === ENDPOINT_TYPE) this.pending.endpointsSent(decision.changed)
    if (response !== null) this.send(subscription, response)
    else if (subscription.sync.kind === 'never-sent') this.noteResumed(subscription)
    if (response !== null) this.tellDependent(typeUrl, decision.changed)
  }

  private sendRemovals(subscription: Subscription): void {
    if (subscription.removals.size === 0 || this.protocol === null) return
    const existing = this.existing(subscription.typeUrl)
    if (existing === undefined) return
    const gone = [...subscription.removals].filter(name => subscription.wants(name) && !existing.has(name))
    subscription.removals.clear()
    if (subscription.typeUrl === CLUSTER_TYPE) this.pending.gone(gone)
    const response = this.protocol.variant.removals(subscription, gone, this.nextNonce())
    if (response !== null) this.send(subscription, response)
  }

  /** What leads to clusters that the client cannot use yet has to wait. null: nothing does. */
  private gate({ typeUrl, sync }: Subscription): ((resource: XdsResource) => boolean) | null {
    if (typeUrl !== ROUTE_TYPE && typeUrl !== LISTENER_TYPE) return null
    if (sync.kind === 'never-sent') {
      // Whoever says of any type that it has something is running, whether or not it has all that it wants of this one.
      if (![...this.subscriptions.values()].some(({ isRunning }) => isRunning)) return null
      this.pending.countFirst()
    }
    if (this.pending.size === 0) return null
    this.startWaiting()
    return ({ refersTo }) => {
      for (const cluster of refersTo ?? []) if (this.pending.has(cluster)) return true
      return false
    }
  }

  /** Called before the clusters are booked: those that the client does not hold are new to it. */
  private notePending(subscription: Subscription, lists: readonly (readonly XdsResource[])[]): void {
    if (subscription.sync.kind === 'never-sent' && !subscription.isRunning) {
      this.pending.firstSent(lists, this.nonce + 1)
      return
    }
    for (const list of lists) {
      const fresh = list.filter(({ name }) => subscription.held.get(name) === undefined || this.pending.has(name))
      this.pending.sent(
        fresh.map(({ name }) => name),
        this.nonce + 1,
      )
    }
    if (this.pending.size > 0) this.startWaiting()
  }

  private noteForDependents(typeUrl: string, verdict: Verdict, number: number): void {
    if (typeUrl === CLUSTER_TYPE) this.pending.clustersAnswered(verdict, number, this.existing(ENDPOINT_TYPE))
    else if (typeUrl === ENDPOINT_TYPE) this.pending.endpointsAnswered()
    else return
    // A client may ask for endpoints before it acknowledges the clusters, when these came in two responses.
    const endpoints = this.subscriptions.get(ENDPOINT_TYPE)
    if (endpoints?.answered === true) this.pending.endpointsHeld(name => endpoints.held.get(name) !== undefined)
    this.retryHeldBack()
  }

  private retryHeldBack(): void {
    for (const { heldBack } of this.subscriptions.values()) if (heldBack.size > 0) this.scheduleFlush()
  }

  private startWaiting(): void {
    this.waiting ??= this.options.clock.after(LONGEST_WAIT_MS, () => {
      this.waiting = null
      if (this.pending.expire()) this.startWaiting()
      this.retryHeldBack()
    })
  }

  private tellDependent(typeUrl: string, lists: readonly (readonly XdsResource[])[]): void {
    const dependent = this.subscriptions.get(DEPENDENT_TYPE.get(typeUrl) ?? '')
    if (dependent !== undefined) this.protocol?.variant.dependencySent(dependent, lists)
  }

  private send(subscription: Subscription, response: XdsResponse): void {
    const version = response.kind === 'sotw' ? response.version : response.systemVersion
    subscription.lastNonce = response.nonce
    subscription.answered = false
    subscription.sync = { kind: 'sent', version, sentAt: this.options.clock.now() }
    this.writable = this.options.transport.send(response)
  }

  /** A client that came back with all it needs is as good as one that has acknowledged it. */
  private noteResumed(subscription: Subscription): void {
    if (subscription.held.names().next().done === true) return
    subscription.sync = { kind: 'acked', version: subscription.heldSetVersion(), ackedAt: this.options.clock.now() }
    if (subscription.typeUrl === ENDPOINT_TYPE) this.pending.endpointsHeld(name => subscription.held.get(name) !== undefined)
  }

  private existing(typeUrl: string): ReturnType<XdsCache['resources']> {
    return this.client === null ? undefined : this.options.cache.resources(this.client.viewKey, typeUrl)
  }

  /** Unique within the stream, which is all that nonces are compared in; the stream's number is for people who read logs. */
  private nextNonce(): string {
    this.nonce++
    return `${this.options.id}-${this.nonce}`
  }

  private finish(): void {
    if (this.over) return
    this.over = true
    this.waiting?.cancel()
    for (const stop of this.unwatch.values()) stop()
    this.unwatch.clear()
    this.options.ended()
    if (this.client !== null) this.options.hooks.disconnected(this.client.node, this.client.viewKey)
  }
}

/** Known types in the order of ADS, others after them in the order of their first request. */
function inAdsOrder(subscriptions: ReadonlyMap<string, Subscription>): readonly Subscription[] {
  const known = ADS_ORDER.flatMap(typeUrl => subscriptions.get(typeUrl) ?? [])
  const others = [...subscriptions.values()].filter(subscription => !ADS_ORDER.includes(subscription.typeUrl))
  return [...known, ...others]
}

/** The number in a nonce of `nextNonce`. */
function numberOf(nonce: string): number {
  return Number(nonce.slice(nonce.indexOf('-') + 1))
}
