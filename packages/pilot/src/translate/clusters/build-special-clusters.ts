import { Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { BindConfig } from '@meshwork/protos/envoy/config/core/v3/address'
import { duration } from '../envoy/duration.ts'
import { BLACK_HOLE_CLUSTER, INBOUND_PASSTHROUGH_CLUSTER, PASSTHROUGH_CLUSTER } from './cluster-name.ts'
import { buildCircuitBreakers } from './connection-pool.ts'
import { clientProtocolOptions } from './http-options.ts'

/** Source address of calls to the own application: the iptables rules let it pass, so that it is not captured again. */
export const INBOUND_SOURCE: BindConfig = BindConfig.fromPartial({
  sourceAddress: { address: '127.0.0.6', portSpecifier: { $case: 'portValue', value: 0 } },
})

/** Traffic to nowhere: a cluster that never has an endpoint. */
export function buildBlackHoleCluster(connectTimeoutMs: number): Cluster {
  return Cluster.fromPartial({
    name: BLACK_HOLE_CLUSTER,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
    connectTimeout: duration(connectTimeoutMs),
  })
}

/** Traffic to wherever the application meant it to go. */
export function buildPassthroughCluster(connectTimeoutMs: number): Cluster {
  return originalDestination(PASSTHROUGH_CLUSTER, connectTimeoutMs)
}

/** Traffic to a port of the own application that no service names. */
export function buildInboundPassthroughCluster(connectTimeoutMs: number): Cluster {
  return { ...originalDestination(INBOUND_PASSTHROUGH_CLUSTER, connectTimeoutMs), upstreamBindConfig: INBOUND_SOURCE }
}

function originalDestination(name: string, connectTimeoutMs: number): Cluster {
  return Cluster.fromPartial({
    name,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    connectTimeout: duration(connectTimeoutMs),
    circuitBreakers: buildCircuitBreakers(undefined),
    typedExtensionProtocolOptions: clientProtocolOptions(),
  })
}
