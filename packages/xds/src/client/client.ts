import type { Logger } from '@meshwork/core/log'
import { Backoff, type Clock, type Timer } from '@meshwork/core/time'
import type { XdsRequest, XdsResponse } from '../types/messages.ts'
import type { XdsNode } from '../types/node.ts'
import type { XdsResource } from '../types/resource.ts'
import type { ResourceConsumer } from './resource-type.ts'
import { Retreats } from './retreats.ts'
import { ConsumerStore, type Push, type TypeStore } from './store.ts'
import type { ClientTransport, OpenTransport } from './transport.ts'
import { type Interest, TypeState } from './type-state.ts'

export interface XdsClientOptions {
  readonly node: XdsNode
  readonly variant: 'sotw' | 'delta'
  readonly open: OpenTransport
  readonly clock: Clock
  readonly log: Logger
  /** Delay between attempts to reconnect. Default 100 ms to 1 s, with jitter. */
  readonly backoff?: Backoff
  /**
   * How long a control plane that is behind what it served before is asked again before it is believed, in milliseconds. Without
   * it every one is believed at once.
   */
  readonly patienceMs?: number
  /** Told of every response after it was answered; `error` is the text of the NACK. */
  readonly answered?: (typeUrl: string, error: string | null) => void
  /** Told of every stream that ended, or could not be opened. */
  readonly lost?: () => void
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'streaming'; readonly transport: ClientTransport }
  | { readonly kind: 'waiting'; readonly timer: Timer }
  | { readonly kind: 'closed' }

/** One type, as the admin interface shows it. */
export interface TypeStatus {
  readonly store: TypeStore
  readonly acceptedVersion: string
  readonly lastResponseAt: number | null
  readonly lastError: string | null
}

const FIRST_RETRY_MS = 100
/** A control plane that is back after a long time has everybody again within two seconds. */
const LONGEST_RETRY_MS = 1_000

/**
 * An ADS client. Owns one stream at a time and the last good version of every resource, which outlives streams: losing the
 * server changes nothing but `connected`. Requests go out in the order in which types were subscribed.
 */
export class XdsClient {
  private readonly options: XdsClientOptions
  private readonly backoff: Backoff
  private readonly retreats: Retreats | null
  private readonly types = new Map<string, TypeState>()
  private state: State = { kind: 'idle' }
  private nodeSent = false
  private flushScheduled = false
  /** What the server is to be told once, by type. */
  private readonly notices = new Map<string, readonly string[]>()

  constructor(options: XdsClientOptions) {
    this.options = options
    this.backoff = options.backoff ?? new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS })
    this.retreats = options.patienceMs === undefined ? null : new Retreats(options.patienceMs)
  }

  get connected(): boolean {
    return this.state.kind === 'streaming'
  }

  /** Adds a type, before or after `start`. Each type has one consumer. */
  subscribe<T>(consumer: ResourceConsumer<T>, interest: Interest): void {
    if (this.types.has(consumer.type.typeUrl)) throw new Error(`${consumer.type.typeUrl} already has a consumer`)
    this.types.set(consumer.type.typeUrl, new TypeState(new ConsumerStore(consumer), interest))
    this.scheduleFlush()
  }

  /** Changes what is wanted of a type; what is no longer wanted is forgotten at once. */
  want(typeUrl: string, interest: Interest): void {
    const type = this.types.get(typeUrl)
    if (type === undefined) throw new Error(`${typeUrl} has no consumer`)
    type.want(interest)
    this.scheduleFlush()
  }

  /** Tells the server something that it does not answer: now, or as soon as there is a stream. */
  tell(typeUrl: string, names: readonly string[]): void {
    this.notices.set(typeUrl, names)
    this.scheduleFlush()
  }

  /** Takes back the acceptance of a type's last response: it decoded well, but could not be put to use. */
  reject(typeUrl: string, error: string): void {
    const type = this.types.get(typeUrl)
    if (type === undefined || type.lastResponseAt === null) return
    this.options.log.error('configuration rejected', { type: typeUrl, error })
    const request = type.takeBack(this.options.variant, error)
    if (request !== null) this.send(request)
  }

  start(): void {
    if (this.state.kind === 'idle') this.connect()
  }

  /**
   * Takes over what an earlier client held, as if a server had sent it; what a server has sent already stays. In the order of
   * `resources`, so that what names others must come before them. A stream that is open is left for a new one, which tells
   * its server what is held now. Returns what was refused of them, or null.
   */
  seed(resources: readonly XdsResource[]): string | null {
    const problems: string[] = []
    const now = this.options.clock.now()
    for (const [typeUrl, ofType] of Map.groupBy(resources, resource => resource.typeUrl)) {
      const type = this.types.get(typeUrl)
      if (type === undefined) continue
      const fresh = ofType.filter(({ name }) => !type.store.stored.has(name))
      const problem = type.store.accept({ resources: fresh, removed: [], complete: false }, name => type.wants(name), now)
      if (problem !== null) problems.push(problem)
      // What is held now is no version that this server ever had.
      type.acceptedVersion = ''
    }
    if (this.state.kind === 'streaming') {
      this.state.transport.close()
      this.connect()
    }
    return problems.length === 0 ? null : problems.join('\n')
  }

  close(): void {
    const before = this.state
    this.state = { kind: 'closed' }
    if (before.kind === 'streaming') before.transport.close()
    if (before.kind === 'waiting') before.timer.cancel()
  }

  *status(): IterableIterator<TypeStatus> {
    for (const { store, acceptedVersion, lastResponseAt, lastError } of this.types.values()) {
      yield { store, acceptedVersion, lastResponseAt, lastError }
    }
  }

  private connect(): void {
    const transport: ClientTransport = this.options.open(this.options.variant, {
      received: response => {
        if (this.isCurrent(transport)) this.received(response)
      },
      closed: reason => {
        if (this.isCurrent(transport)) this.retry(reason)
      },
    })
    this.state = { kind: 'streaming', transport }
    this.nodeSent = false
    this.retreats?.begin(this.options.clock.monotonicMs())
    for (const type of this.types.values()) type.begin()
    this.flush()
  }

  /** It is asked again when patience ends at the latest, however long the control plane was away before. */
  private leave(reason: string, remainingMs: number): void {
    if (this.state.kind === 'streaming') this.state.transport.close()
    this.retry(reason, remainingMs)
  }

  /** Events of a stream that we have left are late news. */
  private isCurrent(transport: ClientTransport): boolean {
    return this.state.kind === 'streaming' && this.state.transport === transport
  }

  private retry(reason: string, longestMs: number = Infinity): void {
    const delayMs = Math.min(this.backoff.nextMs(), longestMs)
    this.options.log.warn('xds stream lost', { reason, retryMs: Math.round(delayMs) })
    const timer = this.options.clock.after(delayMs, () => {
      if (this.state.kind === 'waiting') this.connect()
    })
    this.state = { kind: 'waiting', timer }
    this.options.lost?.()
  }

  private received(response: XdsResponse): void {
    const type = this.types.get(response.typeUrl)
    if (type === undefined) {
      this.options.log.warn('response of a type that was not asked for', { type: response.typeUrl })
      return
    }
    const version = response.kind === 'sotw' ? response.version : response.systemVersion
    const isFirst = !type.isAnswered
    const nowMs = this.options.clock.monotonicMs()
    if (this.retreats?.isRetreat(type.store.typeUrl, type.acceptedVersion, version, isFirst, nowMs) === true) {
      const reason = `the control plane is behind: its ${response.typeUrl} ${version} has been replaced here`
      this.leave(reason, this.retreats.remainingMs(nowMs))
      return
    }
    this.backoff.reset()
    const now = this.options.clock.now()
    type.lastResponseAt = now
    const error = type.store.accept(pushOf(response, type), name => type.wants(name), now)
    if (error === null) {
      this.retreats?.accepted(type.store.typeUrl, type.acceptedVersion, version)
      type.acceptedVersion = version
    } else this.options.log.error('configuration rejected', { type: response.typeUrl, error })
    this.send(type.answer(this.options.variant, response.nonce, error))
    this.options.answered?.(response.typeUrl, error)
  }

  /** Once per turn of the event loop, and after the answer to the response that changed the interest. */
  private scheduleFlush(): void {
    if (this.flushScheduled || this.state.kind !== 'streaming') return
    this.flushScheduled = true
    queueMicrotask(() => {
      this.flushScheduled = false
      this.flush()
    })
  }

  private flush(): void {
    for (const type of this.types.values()) {
      if (this.state.kind !== 'streaming') return
      // Also when an answer has already told the server of the new interest.
      type.store.restore(name => type.wants(name), this.options.clock.now())
      if (type.interestIsNew) this.send(type.interestRequest(this.options.variant, this.nodeSent ? null : this.options.node))
    }
    // The first request of a stream says who we are, which a notice does not.
    if (this.nodeSent) this.sendNotices()
  }

  private sendNotices(): void {
    const first = { node: null, responseNonce: '', error: null }
    for (const [typeUrl, names] of this.notices) {
      if (this.options.variant === 'sotw') this.send({ kind: 'sotw', ...first, typeUrl, resourceNames: names, versionInfo: '' })
      else this.send({ kind: 'delta', ...first, typeUrl, subscribe: names, unsubscribe: [], initialVersions: new Map() })
    }
    this.notices.clear()
  }

  private send(request: XdsRequest): void {
    if (this.state.kind !== 'streaming') return
    this.nodeSent = true
    this.state.transport.send(request)
  }
}

function pushOf(response: XdsResponse, type: TypeState): Push {
  const { resources } = response
  if (response.kind === 'delta') return { resources, removed: response.removed, complete: false }
  return { resources, removed: [], complete: type.store.absenceDeletes }
}
