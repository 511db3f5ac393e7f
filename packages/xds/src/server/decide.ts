import type { ResourceSet } from '../cache/cache.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Subscription } from './subscription.ts'

/** What a client must learn to be where the cache is. */
export interface Decision {
  readonly changed: readonly XdsResource[]
  readonly removed: readonly string[]
}

/**
 * Compares what the client wants and holds with what exists: the one decision of both protocol variants.
 * Only the dirty names of the subscription are looked at. Pure: the stream applies the answer.
 */
export function decide(subscription: Subscription, existing: ResourceSet): Decision {
  const changed: XdsResource[] = []
  const removed: string[] = []
  for (const name of candidates(subscription, existing)) {
    if (!subscription.wants(name)) continue
    const held = subscription.heldVersion(name)
    const forced = subscription.forced.has(name)
    const resource = existing.get(name)
    if (resource === undefined) {
      if (held !== undefined || forced) removed.push(name)
    } else if (forced || held !== resource.version) changed.push(resource)
  }
  return { changed, removed }
}

function candidates(subscription: Subscription, existing: ResourceSet): Iterable<string> {
  const { dirt } = subscription
  if (dirt.kind === 'clean') return []
  if (dirt.kind === 'names') return dirt.names
  if (!subscription.wildcard) return subscription.names
  return new Set([...existing.keys(), ...subscription.heldNames(), ...subscription.names])
}
