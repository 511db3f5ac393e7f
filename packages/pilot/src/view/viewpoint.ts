import { NETWORK_LABEL, networkOfAddress } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ProxyNode } from './proxy-node.ts'

/** From where a proxy looks at a mesh of several clusters or networks. */
export interface Viewpoint {
  /** Id of its cluster; '' for the own one. */
  readonly cluster: string
  /** '' if nobody says: then it reaches all directly. */
  readonly network: string
}

/** undefined: the mesh looks the same from everywhere. */
export function viewpointOf(node: ProxyNode, { networks }: Pick<MeshSnapshot, 'networks'>): Viewpoint | undefined {
  const { clusters, gateways, ranges } = networks
  if (clusters.size < 2 && gateways.length === 0 && (clusters.get('')?.gateways.length ?? 0) === 0) return undefined
  const cluster = clusterOf(node, networks)
  const network =
    node.metadata['NETWORK'] || node.labels[NETWORK_LABEL] || clusters.get(cluster)?.network || networkOfAddress(node.ip, ranges)
  return { cluster, network }
}

/** Id of the cluster that a node is in; '' for the own one, and for one that nobody knows. */
export function clusterOf({ clusterId }: Pick<ProxyNode, 'clusterId'>, networks: MeshSnapshot['networks']): string {
  return networks.clusters.has(clusterId) ? clusterId : ''
}
