import { type Service, type ServiceEndpoint, serviceKey } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ProxyNode } from './proxy-node.ts'
import { clusterOf } from './viewpoint.ts'

type Endpoints = MeshSnapshot['registry']['endpoints']

interface EndpointIndex {
  /** By `cluster/namespace/name` of the workload; two clusters may have the same names and addresses. */
  readonly byWorkload: ReadonlyMap<string, readonly ServiceEndpoint[]>
  /** By `cluster/address`. */
  readonly byAddress: ReadonlyMap<string, readonly ServiceEndpoint[]>
}

const NONE: readonly ServiceEndpoint[] = []

/** The endpoints that are this node: those of its pod; by address if no registry knows its pod. */
export function ownEndpoints(
  node: Pick<ProxyNode, 'pod' | 'namespace' | 'ip' | 'clusterId'>,
  { registry, networks }: Pick<MeshSnapshot, 'registry' | 'networks'>,
): readonly ServiceEndpoint[] {
  const index = indexOf(registry.endpoints)
  const cluster = clusterOf(node, networks)
  const ofPod = index.byWorkload.get(`${cluster}/${node.namespace}/${node.pod}`)
  if (ofPod !== undefined) return ofPod
  // Many workloads share loopback on one machine, so there an address says nothing.
  return node.ip.startsWith('127.') ? NONE : (index.byAddress.get(`${cluster}/${node.ip}`) ?? NONE)
}

/** Asked for every proxy, made once for a registry. */
const indexes = new WeakMap<Endpoints, EndpointIndex>()

function indexOf(endpoints: Endpoints): EndpointIndex {
  let index = indexes.get(endpoints)
  if (index === undefined) {
    index = makeIndex(endpoints)
    indexes.set(endpoints, index)
  }
  return index
}

function makeIndex(endpoints: Endpoints): EndpointIndex {
  const byWorkload = new Map<string, ServiceEndpoint[]>()
  const byAddress = new Map<string, ServiceEndpoint[]>()
  for (const list of endpoints.values()) {
    for (const endpoint of list) {
      const { workload, address, cluster = '' } = endpoint
      if (workload !== undefined) add(byWorkload, `${cluster}/${workload.namespace}/${workload.name}`, endpoint)
      add(byAddress, `${cluster}/${address}`, endpoint)
    }
  }
  return { byWorkload, byAddress }
}

function add(lists: Map<string, ServiceEndpoint[]>, key: string, endpoint: ServiceEndpoint): void {
  const known = lists.get(key)
  if (known === undefined) lists.set(key, [endpoint])
  else known.push(endpoint)
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
