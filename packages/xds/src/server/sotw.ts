import type { ResourceSet } from '../cache/cache.ts'
import { type SotwRequest, WILDCARD, type XdsResponse } from '../types/messages.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Decision } from './decide.ts'
import { SetHash } from './set-hash.ts'
import { isFullStateType, type Subscription } from './subscription.ts'
import type { Variant, Verdict } from './variant.ts'

/** State of the world. One object per stream: it keeps the sent resources of full-state types, which removals need. */
export class SotwVariant implements Variant<SotwRequest> {
  private readonly sent = new Map<string, Map<string, XdsResource>>()

  apply(subscription: Subscription, request: SotwRequest, existing: ResourceSet | undefined): Verdict {
    const first = !subscription.started
    // An answer to a response that has been superseded says nothing about now (xDS protocol, "ACK and NACK semantics summary").
    if (!first && request.responseNonce !== '' && request.responseNonce !== subscription.lastNonce) return { kind: 'none' }
    subscription.started = true
    const namesChanged = replaceNames(subscription, request.resourceNames, first)
    if (first) {
      this.begin(subscription, request, existing)
      return { kind: 'none' }
    }
    if (namesChanged) subscription.markAll()
    forceAwaited(subscription)
    return verdictOf(subscription, request, namesChanged)
  }

  additions(subscription: Subscription, decision: Decision, existing: ResourceSet, nonce: string): XdsResponse | null {
    for (const resource of decision.changed) subscription.hold(resource.name, resource.version)
    if (decision.changed.length === 0 && !subscription.owesAnswer) return null
    if (!isFullStateType(subscription.typeUrl)) return response(subscription, decision.changed, nonce)
    return response(subscription, this.fullState(subscription, existing), nonce)
  }

  removals(subscription: Subscription, names: readonly string[], existing: ResourceSet, nonce: string): XdsResponse | null {
    let held = false
    for (const name of names) {
      held ||= subscription.heldVersion(name) !== undefined
      subscription.release(name)
      this.sent.get(subscription.typeUrl)?.delete(name)
    }
    // Of other types, a client drops what nothing refers to any more; the protocol has no word for it.
    if (!held || !isFullStateType(subscription.typeUrl)) return null
    return response(subscription, this.fullState(subscription, existing), nonce)
  }

  dependencySent(dependent: Subscription, changed: readonly string[]): void {
    for (const name of changed) if (dependent.names.has(name)) dependent.forceOnRequest.add(name)
  }

  /** A first request on a new stream: a client that already has everything is sent nothing. */
  private begin(subscription: Subscription, request: SotwRequest, existing: ResourceSet | undefined): void {
    subscription.markAll()
    subscription.owesAnswer = true
    if (request.versionInfo === '' || existing === undefined) return
    const wanted = wantedResources(subscription, existing)
    if (versionOf(wanted) !== request.versionInfo) return
    for (const resource of wanted) subscription.hold(resource.name, resource.version)
    this.sent.set(subscription.typeUrl, new Map(wanted.map(resource => [resource.name, resource])))
    subscription.owesAnswer = false
  }

  /** What exists, and what is gone but not yet taken from the client: removals come after all additions of all types. */
  private fullState(subscription: Subscription, existing: ResourceSet): readonly XdsResource[] {
    const before = this.sent.get(subscription.typeUrl)
    const after = new Map<string, XdsResource>()
    for (const name of subscription.heldNames()) {
      const resource = existing.get(name) ?? before?.get(name)
      if (resource !== undefined) after.set(name, resource)
    }
    this.sent.set(subscription.typeUrl, after)
    return [...after.values()]
  }
}

function response(subscription: Subscription, resources: readonly XdsResource[], nonce: string): XdsResponse {
  return { kind: 'sotw', typeUrl: subscription.typeUrl, version: subscription.heldSetVersion(), nonce, resources }
}

/** True if the wanted names differ from before. */
function replaceNames(subscription: Subscription, requested: readonly string[], first: boolean): boolean {
  const wildcardBefore = subscription.wildcard
  const implicit = requested.length === 0 && isFullStateType(subscription.typeUrl) && (first || subscription.implicitWildcard)
  const wanted = new Set(requested)
  subscription.implicitWildcard = implicit
  subscription.wildcard = wanted.delete(WILDCARD) || implicit
  const same =
    wildcardBefore === subscription.wildcard &&
    wanted.size === subscription.names.size &&
    [...wanted].every(name => subscription.names.has(name))
  if (same) return false
  subscription.names.clear()
  for (const name of wanted) subscription.names.add(name)
  subscription.releaseUnwanted()
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

function wantedResources(subscription: Subscription, existing: ResourceSet): XdsResource[] {
  if (subscription.wildcard) return [...existing.values()]
  const wanted: XdsResource[] = []
  for (const name of subscription.names) {
    const resource = existing.get(name)
    if (resource !== undefined) wanted.push(resource)
  }
  return wanted
}

function versionOf(resources: readonly XdsResource[]): string {
  const hash = new SetHash()
  for (const resource of resources) hash.add(resource.name, resource.version)
  return hash.text()
}
