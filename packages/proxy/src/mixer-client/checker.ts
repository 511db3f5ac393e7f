// Owner of the check cache and of the checks under way of one Mixer client. One thread; called by filters and by the transport.
import { type AttributeBag, compress, GLOBAL_DICTIONARY, type LayeredBag, OLDEST_WORD_COUNT } from '@meshwork/core/attributes'
import type { Clock } from '@meshwork/core/time'
import { CheckRequest, type CheckResponse } from '@meshwork/protos/istio/mixer/v1/check'

import { CheckCache } from './check-cache.ts'
import { decodeAnswer } from './decode-answer.ts'
import type { CallFailure, MixerTransport, PendingCall } from './mixer-transport.ts'
import type { MixerStats } from './mixer-stats.ts'
import { snapshotBag } from './snapshot-bag.ts'
import { ALLOWED, type Verdict } from './verdict.ts'
import { INTERNAL, INVALID_ARGUMENT } from './describe-status.ts'

/** Someone who waits for a verdict. Asked once. */
export interface CheckWaiter {
  readonly bag: AttributeBag
  /** What decides whether a failed call lets the request pass. */
  readonly failOpen: boolean
  verdictKnown(verdict: Verdict, fromCache: boolean): void
}

export interface CheckerOptions {
  readonly clock: Clock
  readonly transport: MixerTransport
  readonly stats: MixerStats
  /** Most verdicts kept; 0 turns the cache off. */
  readonly cacheCapacity: number
}

/** One remote check, and all who hope that its answer serves them too. */
class RemoteCheck {
  readonly key: string
  readonly leader: CheckWaiter
  readonly bag: LayeredBag
  readonly followers = new Set<CheckWaiter>()
  leaderGone = false
  call: PendingCall | null = null

  constructor(key: string, leader: CheckWaiter, bag: LayeredBag) {
    this.key = key
    this.leader = leader
    this.bag = bag
  }
}

/** Attributes by which two requests are likely to get one answer. The cache alone decides whether they really do. */
const LIKENESS = [
  'destination.service.host',
  'destination.service',
  'request.method',
  'request.path',
  'source.principal',
  'source.uid',
] as const

export class Checker {
  private readonly options: CheckerOptions
  private readonly cache: CheckCache
  private readonly underWay = new Map<string, RemoteCheck>()
  private readonly remoteOf = new Map<CheckWaiter, RemoteCheck>()
  private dictionary = GLOBAL_DICTIONARY

  constructor(options: CheckerOptions) {
    this.options = options
    this.cache = new CheckCache(options.cacheCapacity)
  }

  /** The verdict if it is known already; then nobody needs to wait. */
  fromCache(bag: AttributeBag): Verdict | null {
    this.options.stats.checkCalls()
    return this.cache.take(bag, this.options.clock.monotonicMs())
  }

  /** Asks Mixer, or waits for the answer to a request like this one. */
  ask(waiter: CheckWaiter): void {
    const key = this.options.cacheCapacity === 0 ? '' : likenessOf(waiter.bag)
    const like = key === '' ? undefined : this.underWay.get(key)
    if (like === undefined) {
      this.send(key, waiter)
      return
    }
    like.followers.add(waiter)
    this.remoteOf.set(waiter, like)
  }

  /** The request ended: its verdict interests nobody any more. */
  forget(waiter: CheckWaiter): void {
    const remote = this.remoteOf.get(waiter)
    if (remote === undefined) return
    this.remoteOf.delete(waiter)
    remote.followers.delete(waiter)
    if (remote.leader === waiter) remote.leaderGone = true
    if (!remote.leaderGone || remote.followers.size > 0) return
    this.underWay.delete(remote.key)
    remote.call?.cancel()
  }

  private send(key: string, waiter: CheckWaiter): void {
    const remote = new RemoteCheck(key, waiter, snapshotBag(waiter.bag))
    if (key !== '') this.underWay.set(key, remote)
    this.remoteOf.set(waiter, remote)
    this.options.stats.remoteCheckCalls()
    const request = CheckRequest.fromPartial({
      attributes: compress(remote.bag, this.dictionary),
      globalWordCount: this.dictionary.words.length,
    })
    remote.call = this.options.transport.check(request, (failure, response) => this.answered(remote, failure, response))
  }

  private answered(remote: RemoteCheck, failure: CallFailure | null, response: CheckResponse | null): void {
    if (this.underWay.get(remote.key) === remote) this.underWay.delete(remote.key)
    if (failure !== null) this.learnFrom(failure)
    const now = this.options.clock.monotonicMs()
    const answer = failure === null && response !== null ? decodeAnswer(response) : null
    if (answer !== null) this.cache.store(remote.bag, answer, now)
    const own: Verdict = answer?.verdict ?? failure ?? { code: INTERNAL, message: '' }
    this.deliver(remote.leader, afterPolicy(own, failure !== null, remote.leader.failOpen), false)
    for (const follower of remote.followers) this.serveFollower(follower, failure, now)
  }

  /** A follower takes the answer only if the cache says that it holds for it; a failed call holds for all. */
  private serveFollower(follower: CheckWaiter, failure: CallFailure | null, now: number): void {
    if (failure !== null) {
      this.deliver(follower, afterPolicy(failure, true, follower.failOpen), false)
      return
    }
    const known = this.cache.take(follower.bag, now)
    if (known === null) this.send('', follower)
    else this.deliver(follower, afterPolicy(known, false, follower.failOpen), true)
  }

  private deliver(waiter: CheckWaiter, verdict: Verdict, fromCache: boolean): void {
    if (this.remoteOf.delete(waiter)) waiter.verdictKnown(verdict, fromCache)
  }

  /** An old Mixer refuses indices of words that it does not know. */
  private learnFrom(failure: CallFailure): void {
    const refused = failure.code === INVALID_ARGUMENT && failure.message.includes('Request could not be processed due to invalid')
    if (refused) this.dictionary = GLOBAL_DICTIONARY.prefix(OLDEST_WORD_COUNT)
  }
}

/** With fail-open a failed call, and INTERNAL in an answer, let the request pass (mixer.md 1.6). */
export function afterPolicy(verdict: Verdict, callFailed: boolean, failOpen: boolean): Verdict {
  return failOpen && (callFailed || verdict.code === INTERNAL) ? ALLOWED : verdict
}

function likenessOf(bag: AttributeBag): string {
  let key = '-'
  for (const name of LIKENESS) {
    const value = bag.get(name)
    key += `\n${typeof value === 'string' ? value : ''}`
  }
  return key
}
