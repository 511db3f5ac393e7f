import type { ResourceSet } from '../cache/cache.ts'
import { type DeltaRequest, WILDCARD, type XdsResponse } from '../types/messages.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Decision } from './decide.ts'
import { isFullStateType, type Subscription } from './subscription.ts'
import type { Variant } from './variant.ts'

/** Incremental xDS. Its state is all in the subscription. */
export const deltaVariant: Variant<DeltaRequest> = {
  apply(subscription, request) {
    const first = !subscription.started
    subscription.started = true
    if (first) begin(subscription, request)
    subscribe(subscription, request.subscribe, first ? request.initialVersions : new Map())
    unsubscribe(subscription, request.unsubscribe)
    if (first) claimHeld(subscription, request.initialVersions)
    if (request.responseNonce === '') return { kind: 'none' }
    // A rejection counts whichever response it is about: later responses need not hold the rejected resource again.
    if (request.error !== null) return { kind: 'nack', message: request.error }
    return request.responseNonce === subscription.lastNonce ? { kind: 'ack' } : { kind: 'none' }
  },

  additions(subscription, decision: Decision, _existing: ResourceSet, nonce): XdsResponse | null {
    for (const resource of decision.changed) subscription.hold(resource.name, resource.version)
    if (decision.changed.length === 0 && !subscription.owesAnswer) return null
    return response(subscription, decision.changed, [], nonce)
  },

  removals(subscription, names, _existing: ResourceSet, nonce): XdsResponse | null {
    for (const name of names) subscription.release(name)
    return names.length === 0 ? null : response(subscription, [], names, nonce)
  },

  // A delta client does not ask again for what it is subscribed to, so the server sends it unasked.
  dependencySent(dependent, changed) {
    for (const name of changed) if (dependent.names.has(name)) dependent.force(name)
  },
}

function begin(subscription: Subscription, request: DeltaRequest): void {
  subscription.implicitWildcard = isFullStateType(subscription.typeUrl) && request.subscribe.length === 0
  subscription.wildcard = subscription.implicitWildcard
  subscription.owesAnswer = subscription.wildcard || request.subscribe.includes(WILDCARD)
  subscription.markAll()
}

function subscribe(subscription: Subscription, names: readonly string[], known: ReadonlyMap<string, string>): void {
  for (const name of names) {
    if (name === WILDCARD) {
      if (!subscription.wildcard) subscription.markAll()
      subscription.wildcard = true
      continue
    }
    subscription.names.add(name)
    subscription.removals.delete(name)
    // Subscribing again to what the client holds asks for it again, unless it says in the same breath what it has.
    if (!known.has(name)) subscription.force(name)
  }
}

function unsubscribe(subscription: Subscription, names: readonly string[]): void {
  for (const name of names) {
    if (name === WILDCARD) subscription.wildcard = subscription.implicitWildcard = false
    else subscription.names.delete(name)
    // Whoever keeps the wildcard and drops the name must be told whether the wildcard still covers it.
    if (name !== WILDCARD && subscription.wildcard) subscription.force(name)
    else subscription.forced.delete(name)
  }
  if (names.length > 0) subscription.releaseUnwanted()
}

function claimHeld(subscription: Subscription, versions: ReadonlyMap<string, string>): void {
  for (const [name, version] of versions) if (subscription.wants(name)) subscription.hold(name, version)
}

function response(subscription: Subscription, resources: readonly XdsResource[], removed: readonly string[], nonce: string): XdsResponse {
  return { kind: 'delta', typeUrl: subscription.typeUrl, systemVersion: subscription.heldSetVersion(), nonce, resources, removed }
}
