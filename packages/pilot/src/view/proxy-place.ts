import type { Labels } from '@meshwork/config/kinds'
import { type Locality, localityOf, NETWORK_LABEL, NOWHERE } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { HOST_LABEL, withTopology } from '../translate/endpoints/topology-labels.ts'
import { placeDemands } from './place-demands.ts'
import type { ProxyNode } from './proxy-node.ts'
import { clusterOf, viewpointOf } from './viewpoint.ts'

/** Where a proxy runs, as far as its endpoints are ordered by it: proxies share a view unless a rule tells their places apart. */
export interface ProxyPlace {
  readonly locality: Locality
  /** Its labels, and those of its place, that rules compare with endpoints'. */
  readonly labels: Labels
}

/** What the proxy says of itself, else what its pod and the pod's machine say. */
export function placeOf(node: ProxyNode, snapshot: MeshSnapshot): ProxyPlace {
  const demands = placeDemands(snapshot)
  const cluster = clusterOf(node, snapshot.networks)
  const pod = (snapshot.remotePlaces.get(cluster) ?? snapshot.podPlaces).get(`${node.namespace}/${node.pod}`)
  const network = viewpointOf(node, snapshot)?.network ?? node.labels[NETWORK_LABEL] ?? ''
  const stated = [localityOf(node.labels, {}), node.locality].find(({ region }) => region !== '')
  const locality = stated ?? pod?.locality ?? NOWHERE
  const nodeName = demands.labels.has(HOST_LABEL) ? (pod?.nodeName ?? '') : ''
  const all = withTopology(node.labels, { locality, network, nodeName })
  return {
    locality: demands.locality ? locality : NOWHERE,
    labels: Object.fromEntries(Object.entries(all).filter(([label]) => demands.labels.has(label))),
  }
}
