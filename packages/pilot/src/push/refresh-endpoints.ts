import { type Service, serviceKey } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { Remembered } from '../snapshot/remembered.ts'
import { DeliveredSecrets } from '../view/delivered-secrets.ts'
import { destinationRulesFor } from '../view/destination-rules.ts'
import { serviceIndex } from '../view/own-endpoints.ts'
import { rememberedClusters } from '../view/remembered-clusters.ts'
import { seenFrom } from '../view/seen-from.ts'
import type { ViewIdentity } from '../view/view-identity.ts'
import type { Generated, GeneratedView } from './generated-view.ts'
import type { ViewGenerator } from './view-generator.ts'

/** What of a part is other than before. */
export interface Refreshed {
  readonly view: GeneratedView
  readonly clusters: readonly Generated[]
  readonly endpoints: readonly Generated[]
}

/**
 * The part of a view after endpoints of `moved` changed and nothing else: only their resources are made anew. undefined: the
 * resources of a service are not the same ones as before, so that the whole part has to be made.
 */
export function refreshEndpoints(
  view: GeneratedView,
  identity: ViewIdentity,
  whole: MeshSnapshot,
  moved: Iterable<Service>,
  generator: ViewGenerator,
): Refreshed | undefined {
  const snapshot = seenFrom(whole, identity.viewpoint)
  const context = {
    rules: destinationRulesFor(snapshot, identity),
    snapshot,
    identity,
    secrets: new DeliveredSecrets(snapshot.secrets, identity.namespace),
  }
  const services = snapshot === whole ? [...moved] : sameServices(moved, snapshot)
  const parts = services.map(service => rememberedClusters(service, context))
  const clusters = generator.outboundClusters(parts.flatMap(part => part.clusters))
  const endpoints = generator.loadAssignments(parts.flatMap(part => part.assignments))
  const newClusters = replaced(view.clusters, clusters)
  const newEndpoints = replaced(view.endpoints, endpoints)
  if (newClusters === undefined || newEndpoints === undefined) return undefined
  return {
    view: { ...view, clusters: newClusters.all, endpoints: newEndpoints.all },
    clusters: newClusters.other,
    endpoints: newEndpoints.other,
  }
}

/** Services as a snapshot has them that sees them from somewhere. */
function sameServices(services: Iterable<Service>, { registry }: MeshSnapshot): readonly Service[] {
  const index = serviceIndex(registry.services)
  return [...services].flatMap(service => index.get(serviceKey(service)) ?? [])
}

interface Replaced<M> {
  readonly all: readonly Generated<M>[]
  readonly other: readonly Generated<M>[]
}

/** Services that the view does not show have no resources in it. */
function replaced<M>(before: readonly Generated<M>[], now: readonly Generated<M>[]): Replaced<M> | undefined {
  const places = placesOf(before)
  const seen = now.filter(({ resource }) => places.has(resource.name))
  if (seen.length !== now.length && seen.length > 0) return undefined
  const other = seen.filter(one => before[places.get(one.resource.name) ?? -1] !== one)
  if (other.length === 0) return { all: before, other }
  // Views that share a list share the next one.
  const all = lists.get(before, '', other, () => {
    const next = [...before]
    for (const one of other) next[places.get(one.resource.name) ?? -1] = one
    known.set(next, places)
    return next
  })
  // Only lists of such resources are remembered for such a list.
  return { all: all as readonly Generated<M>[], other }
}

const lists = new Remembered<readonly Generated[]>()

const known = new WeakMap<readonly Generated[], ReadonlyMap<string, number>>()

function placesOf(resources: readonly Generated[]): ReadonlyMap<string, number> {
  let places = known.get(resources)
  if (places === undefined) {
    places = new Map(resources.map(({ resource }, index) => [resource.name, index]))
    known.set(resources, places)
  }
  return places
}
