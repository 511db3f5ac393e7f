import type { ResourceSet } from '../cache/cache.ts'
import { type SotwRequest, WILDCARD, type XdsResponse } from '../types/messages.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Decision } from './decide.ts'
import { nameSet } from './name-sets.ts'
import { isFullStateType, type Subscription } from './subscription.ts'
import { hashOf } from './transition.ts'
import { LONG_LIST, type Variant, type Verdict } from './variant.ts'

/** State of the world. */
export const sotwVariant: Variant<SotwRequest> = {
  apply(subscription: Subscription, request: SotwRequest, existing: ResourceSet | undefined): Verdict {
    const first = !subscription.started
    // An answer to a response that has been superseded says nothing about now (xDS protocol, "ACK and NACK semantics summary").
    if (!first && request.responseNonce !== '' && request.responseNonce !== subscription.lastNonce) return { kind: 'none' }
    subscription.started = true
    const namesChanged = replaceNames(subscription, request.resourceNames, first)
    if (first) {
      begin(subscription, request, existing)
      return { kind: 'none' }
    }
    if (namesChanged) subscription.markAll()
    forceAwaited(subscription)
    return verdictOf(subscription, request, namesChanged)
  },

  additions(subscription, decision: Decision, owesAnswer, nonce): XdsResponse | null {
    if (decision.changed.length === 0 && !owesAnswer) return null
    return response(subscription, isFullStateType(subscription.typeUrl) ? fullState(subscription) : decision.changed, nonce)
  },

  removals(subscription, names, nonce): XdsResponse | null {
    let held = false
    for (const name of names) {
      held ||= subscription.held.get(name) !== undefined
      subscription.held.release(name)
    }
    // Of other types, a client drops what nothing refers to any more; the protocol has no word for it.
    if (!held || !isFullStateType(subscription.typeUrl)) return null
    return response(subscription, fullState(subscription), nonce)
  },

  dependencySent(dependent, lists) {
    for (const list of lists) {
      if (list.length >= LONG_LIST && dependent.names.size === 0) continue
      for (const { name } of list) if (dependent.names.has(name)) dependent.forceOnRequest.add(name)
    }
  },
}

/** A first request on a new stream: a client that already has everything is sent nothing. */
function begin(subscription: Subscription, request: SotwRequest, existing: ResourceSet | undefined): void {
  subscription.markAll()
  subscription.owesAnswer = true
  subscription.isRunning = request.versionInfo !== ''
  if (request.versionInfo === '' || existing === undefined) return
  if (hashOf(subscription.wishes, existing).text() !== request.versionInfo) return
  subscription.held.rebase(existing, [])
  subscription.owesAnswer = false
}

/** What the client holds, and thus also what is gone but not yet taken from it: removals come after all additions of all types. */
function fullState(subscription: Subscription): readonly (readonly XdsResource[])[] {
  return subscription.held.lists(subscription.wishes)
}

function response(subscription: Subscription, lists: readonly (readonly XdsResource[])[], nonce: string): XdsResponse {
  return {
    kind: 'sotw',
    typeUrl: subscription.typeUrl,
    version: subscription.heldSetVersion(),
    nonce,
    lists,
    get resources() {
      return lists.flat()
    },
  }
}

/** The last list of each subscription: the same list again means the same wishes. */
const lastLists = new WeakMap<Subscription, readonly string[]>()

/** True if the wanted names differ from before. */
function replaceNames(subscription: Subscription, requested: readonly string[], first: boolean): boolean {
  if (!first && lastLists.get(subscription) === requested) return false
  lastLists.set(subscription, requested)
  const implicit = requested.length === 0 && isFullStateType(subscription.typeUrl) && (first || subscription.implicitWildcard)
  const explicit = requested.includes(WILDCARD)
  const wanted = explicit ? new Set(requested.filter(name => name !== WILDCARD)) : nameSet(requested)
  const wildcard = explicit || implicit
  subscription.implicitWildcard = implicit
  const same =
    wildcard === subscription.wildcard &&
    (wanted === subscription.names ||
      (wanted.size === subscription.names.size && requested.every(name => name === WILDCARD || subscription.names.has(name))))
  if (same) return false
  subscription.wish(wildcard, wanted)
  return true
}

function forceAwaited(subscription: Subscription): void {
  for (const name of subscription.forceOnRequest) subscription.force(name)
  subscription.forceOnRequest.clear()
}

function verdictOf(subscription: Subscription, request: SotwRequest, namesChanged: boolean): Verdict {
  if (request.responseNonce === '') return { kind: 'none' }
  if (request.error !== null) return { kind: 'nack', message: request.error }
  if (!subscription.answered) return { kind: 'ack' }
  // The same answer twice, with the same names: the client asks again, as Envoy does for a cluster that it warms anew.
  if (!namesChanged && !subscription.wildcard) for (const name of subscription.names) subscription.force(name)
  return { kind: 'none' }
}
