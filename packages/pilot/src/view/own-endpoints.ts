import { type Service, type ServiceEndpoint, serviceKey } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { EndpointIndex } from './endpoint-index.ts'
import type { ProxyNode } from './proxy-node.ts'
import { clusterOf } from './viewpoint.ts'

type Endpoints = MeshSnapshot['registry']['endpoints']

const NONE: readonly ServiceEndpoint[] = []

/** The endpoints that are this node: those of its pod; by address if no registry knows its pod. */
export function ownEndpoints(
  node: Pick<ProxyNode, 'pod' | 'namespace' | 'ip' | 'clusterId'>,
  { registry, networks }: Pick<MeshSnapshot, 'registry' | 'networks'>,
): readonly ServiceEndpoint[] {
  const index = indexOf(registry.endpoints)
  const cluster = clusterOf(node, networks)
  const ofPod = index.ofWorkload(`${cluster}/${node.namespace}/${node.pod}`)
  if (ofPod !== undefined) return ofPod
  // Many workloads share loopback on one machine, so there an address says nothing.
  return node.ip.startsWith('127.') ? NONE : (index.atAddress(`${cluster}/${node.ip}`) ?? NONE)
}

/** Asked for every proxy, made once for a registry. */
const indexes = new WeakMap<Endpoints, EndpointIndex>()
let latest: EndpointIndex | null = null

function indexOf(endpoints: Endpoints): EndpointIndex {
  let index = indexes.get(endpoints)
  if (index === undefined) {
    const before = latest?.endpoints
    index = latest?.moveTo(endpoints) === true ? latest : new EndpointIndex(endpoints)
    // An index that moved on knows nothing any more of the registry that it was made for.
    if (before !== undefined && index === latest) indexes.delete(before)
    indexes.set(endpoints, index)
    latest = index
  }
  return index
}

const servicesByKey = new WeakMap<readonly Service[], ReadonlyMap<string, Service>>()

/** Services by `serviceKey`; made once for a registry. */
export function serviceIndex(services: readonly Service[]): ReadonlyMap<string, Service> {
  let index = servicesByKey.get(services)
  if (index === undefined) {
    index = new Map(services.map(service => [serviceKey(service), service]))
    servicesByKey.set(services, index)
  }
  return index
}
