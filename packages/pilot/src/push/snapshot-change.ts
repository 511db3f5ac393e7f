import { type Service, serviceKey } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { serviceIndex } from '../view/own-endpoints.ts'

/**
 * Which parts of views a change concerns: all, what leads away from proxies, or the places of some services and nothing else
 * (whose clusters and endpoints then are all that can differ).
 */
export type SnapshotChange =
  | { readonly kind: 'everything' }
  | { readonly kind: 'outbound' }
  | { readonly kind: 'endpoints'; readonly services: ReadonlySet<Service> }

/** No view is made of them. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['revision', 'revisions', 'objects', 'rejections', 'proxyConfigs'])
/** What the inbound side of a sidecar does not read; its identity has what it needs of the registry. */
const OUTBOUND: ReadonlySet<string> = new Set(['registry', 'podPlaces', 'remotePlaces', 'networks', 'virtualServices', 'gateways'])

/** Compares by identity: unchanged parts of snapshots are shared. */
export function snapshotChange(before: MeshSnapshot, after: MeshSnapshot): SnapshotChange {
  const old = new Map(partsOf(before))
  const changed = partsOf(after).flatMap(([name, value]) => (old.get(name) === value ? [] : [name]))
  if (
    after.envoyFilters.length === 0 &&
    changed.every(name => name === 'registry') &&
    before.registry.services === after.registry.services
  ) {
    const services = movedServices(before, after)
    // Names and listeners of headless services are made of their endpoints.
    if (services.every(({ headless, resolution }) => !headless && resolution === 'static'))
      return { kind: 'endpoints', services: new Set(services) }
  }
  return { kind: changed.every(name => OUTBOUND.has(name)) ? 'outbound' : 'everything' }
}

function partsOf(snapshot: MeshSnapshot): readonly (readonly [string, unknown])[] {
  return Object.entries(Object.getOwnPropertyDescriptors(snapshot)).flatMap(([name, descriptor]) =>
    BOOKKEEPING.has(name) || !('value' in descriptor) ? [] : [[name, descriptor.value] as const],
  )
}

function movedServices({ registry: before }: MeshSnapshot, { registry: after }: MeshSnapshot): readonly Service[] {
  const moved = new Set<string>()
  for (const [key, places] of after.endpoints) if (before.endpoints.get(key) !== places) moved.add(key)
  for (const key of before.endpoints.keys()) if (!after.endpoints.has(key)) moved.add(key)
  const index = serviceIndex(after.services)
  // Without two services of one key the index has them all.
  if (index.size === after.services.length) return [...moved].flatMap(key => index.get(key) ?? [])
  return after.services.filter(service => moved.has(serviceKey(service)))
}
