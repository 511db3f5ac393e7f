import type { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'

/**
 * The cluster of a service for connections whose TLS passes through unopened (AUTO_PASSTHROUGH): the endpoints of the name
 * `endpoints`, and no TLS of ours around that of the caller. `name`: the server name that callers send.
 */
export function buildUnopenedCluster(cluster: Cluster, name: string, endpoints: string): Cluster {
  const { edsClusterConfig } = cluster
  return {
    ...cluster,
    name,
    transportSocket: undefined,
    transportSocketMatches: [],
    ...(edsClusterConfig === undefined ? {} : { edsClusterConfig: { ...edsClusterConfig, serviceName: endpoints } }),
  }
}
