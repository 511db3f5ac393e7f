import type { ResourceSet } from '../cache/cache.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Subscription } from './subscription.ts'
import { transition } from './transition.ts'

/** What a client must learn to be where the cache is. */
export interface Decision {
  /** Together all that it needs; lists that are frozen are the same for other clients on the same way. */
  readonly changed: readonly (readonly XdsResource[])[]
  readonly removed: readonly string[]
  /** Names whose change has to wait. */
  readonly heldBack: ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()

/**
 * Compares what the client wants and holds with what exists: the one decision of both protocol variants. A client that was where
 * all others are goes with them; of any other only the dirty names are looked at. Pure: the stream applies the answer.
 * `mustWait` says of a resource that it names something that the client does not have yet.
 */
export function decide(
  subscription: Subscription,
  existing: ResourceSet,
  mustWait: ((resource: XdsResource) => boolean) | null = null,
): Decision {
  if (subscription.dirt.kind === 'clean') return { changed: [], removed: [], heldBack: NONE }
  return mustWait === null && subscription.goesWithOthers
    ? decideShared(subscription, existing)
    : decideAlone(subscription, existing, mustWait)
}

function decideShared(subscription: Subscription, existing: ResourceSet): Decision {
  const { held, wishes, forcedLists, owesMissing } = subscription
  const { changed, removed, missing } = transition(wishes, held.base, existing)
  const gone = removed.map(({ name }) => name)
  const absent = owesMissing ? missing.filter(name => !gone.includes(name)) : []
  const again = forcedLists.map(list => namedIn(list, wishes, existing, changed)).filter(list => list.length > 0)
  return { changed: [...changed, ...again], removed: [...gone, ...absent], heldBack: NONE }
}

interface Selection {
  readonly wishes: ReadonlySet<string> | null
  readonly existing: ResourceSet
  readonly chosen: readonly XdsResource[]
}
const selections = new WeakMap<readonly XdsResource[], Selection>()

/** Of what exists and is wanted, all with a name in `list`, but for what is `sent` anyway. */
function namedIn(
  list: readonly XdsResource[],
  wishes: ReadonlySet<string> | null,
  existing: ResourceSet,
  sent: readonly (readonly XdsResource[])[],
): readonly XdsResource[] {
  const known = selections.get(list)
  if (known?.wishes === wishes && known.existing === existing) return known.chosen
  const already = new Set(sent.flat())
  const chosen = list
    .filter(({ name }) => wishes === null || wishes.has(name))
    .flatMap(({ name }) => existing.get(name) ?? [])
    .filter(resource => !already.has(resource))
  selections.set(list, { wishes, existing, chosen: Object.freeze(chosen) })
  return chosen
}

function decideAlone(subscription: Subscription, existing: ResourceSet, mustWait: ((resource: XdsResource) => boolean) | null): Decision {
  subscription.expandForced()
  const changed: XdsResource[] = []
  const removed: string[] = []
  const heldBack = new Set<string>()
  for (const name of candidates(subscription, existing)) {
    if (!subscription.wants(name)) continue
    const held = subscription.held.get(name)
    const forced = subscription.forced.has(name)
    const resource = existing.get(name)
    if (resource === undefined) {
      if (held !== undefined || forced || subscription.owesMissing) removed.push(name)
    } else if (forced || held?.version !== resource.version) {
      if (mustWait?.(resource) === true) heldBack.add(name)
      else changed.push(resource)
    }
  }
  return { changed: changed.length === 0 ? [] : [changed], removed, heldBack }
}

function candidates(subscription: Subscription, existing: ResourceSet): Iterable<string> {
  const { dirt } = subscription
  if (dirt.kind === 'clean') return []
  if (dirt.kind === 'names') return dirt.names
  if (!subscription.wildcard) return subscription.names
  return new Set([...existing.keys(), ...subscription.held.names(), ...subscription.names])
}
