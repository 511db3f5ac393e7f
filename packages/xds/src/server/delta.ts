import { type DeltaRequest, WILDCARD, type XdsResponse } from '../types/messages.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Decision } from './decide.ts'
import { nameSet, withNames } from './name-sets.ts'
import { isFullStateType, type Subscription } from './subscription.ts'
import { hashOf } from './transition.ts'
import { LONG_LIST, type Variant } from './variant.ts'

/** Incremental xDS. Its state is all in the subscription. */
export const deltaVariant: Variant<DeltaRequest> = {
  apply(subscription, request) {
    const first = !subscription.started
    subscription.started = true
    if (first) begin(subscription, request)
    subscribe(subscription, request.subscribe, first ? request.initialVersions : NO_VERSIONS)
    unsubscribe(subscription, request.unsubscribe)
    if (first) claimHeld(subscription, request.initialVersions)
    if (request.responseNonce === '') return { kind: 'none' }
    // A rejection counts whichever response it is about: later responses need not hold the rejected resource again.
    if (request.error !== null) return { kind: 'nack', message: request.error }
    return request.responseNonce === subscription.lastNonce ? { kind: 'ack' } : { kind: 'none' }
  },

  additions(subscription, decision: Decision, owesAnswer, nonce): XdsResponse | null {
    if (decision.changed.length === 0 && !owesAnswer) return null
    return response(subscription, decision.changed, [], nonce)
  },

  removals(subscription, names, nonce): XdsResponse | null {
    for (const name of names) subscription.held.release(name)
    return names.length === 0 ? null : response(subscription, [], names, nonce)
  },

  // A delta client does not ask again for what it is subscribed to, so the server sends it unasked.
  dependencySent(dependent, lists) {
    for (const list of lists) {
      if (list.length >= LONG_LIST) dependent.forceList(list)
      else for (const { name } of list) if (dependent.names.has(name)) dependent.force(name)
    }
  },
}

const NO_VERSIONS: ReadonlyMap<string, string> = new Map()

function begin(subscription: Subscription, request: DeltaRequest): void {
  subscription.implicitWildcard = isFullStateType(subscription.typeUrl) && request.subscribe.length === 0
  subscription.wish(subscription.implicitWildcard, subscription.names)
  subscription.owesAnswer = subscription.wildcard || request.subscribe.includes(WILDCARD)
  subscription.isRunning = request.initialVersions.size > 0
  subscription.markAll()
}

function subscribe(subscription: Subscription, names: readonly string[], known: ReadonlyMap<string, string>): void {
  if (names.length === 0) return
  const wildcard = names.includes(WILDCARD)
  if (wildcard && !subscription.wildcard) subscription.markAll()
  if (subscription.names.size === 0 && !wildcard && !subscription.wildcard && known.size === 0) {
    // Whoever begins with the same names as others shares the set, and everything that is worked out for it.
    subscription.wish(false, nameSet(names))
    subscription.owesMissing = true
    subscription.markAll()
    return
  }
  const before = subscription.names
  const all = withNames(before, names, WILDCARD)
  subscription.wish(wildcard || subscription.wildcard, all)
  for (const name of names) {
    if (name === WILDCARD) continue
    subscription.removals.delete(name)
    if (!before.has(name) && !subscription.wildcard) subscription.held.release(name)
    // Subscribing again to what the client holds asks for it again, unless it says in the same breath what it has.
    if (!known.has(name)) subscription.force(name)
  }
}

function unsubscribe(subscription: Subscription, names: readonly string[]): void {
  if (names.length === 0) return
  const left = new Set(subscription.names)
  for (const name of names) left.delete(name)
  const wildcard = subscription.wildcard && !names.includes(WILDCARD)
  if (!wildcard) subscription.implicitWildcard = false
  subscription.wish(wildcard, left)
  // Whoever keeps the wildcard and drops the name must be told whether the wildcard still covers it.
  for (const name of names) if (name !== WILDCARD && wildcard) subscription.force(name)
}

function claimHeld(subscription: Subscription, versions: ReadonlyMap<string, string>): void {
  for (const [name, version] of versions) if (subscription.wants(name)) subscription.held.hold({ name, version })
}

function response(
  subscription: Subscription,
  lists: readonly (readonly XdsResource[])[],
  removed: readonly string[],
  nonce: string,
): XdsResponse {
  // Of the whole view: it is for people, and for that the same text for all who got the same is the better one.
  const systemVersion = hashOf(null, subscription.held.base).text()
  return {
    kind: 'delta',
    typeUrl: subscription.typeUrl,
    systemVersion,
    nonce,
    lists,
    removed,
    get resources() {
      return lists.flat()
    },
  }
}
