import { Cluster, Cluster_DiscoveryType, Cluster_LbPolicy, type DeepPartial } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { Address } from '@meshwork/protos/envoy/config/core/v3/address'
import { pipeAddress, socketAddress } from '../envoy/address.ts'
import { duration } from '../envoy/duration.ts'
import { buildCircuitBreakers, buildKeepalive } from './connection-pool.ts'
import { INBOUND_SOURCE } from './build-special-clusters.ts'
import { inboundClusterName } from './cluster-name.ts'
import { clientProtocolOptions } from './http-options.ts'
import type { InboundClusterInputs, InboundTarget } from './inputs.ts'

/** The cluster through which a proxy calls its own application. */
export function buildInboundCluster(inputs: InboundClusterInputs): Cluster {
  const name = inboundClusterName(inputs.port)
  return Cluster.fromPartial({
    ...discovery(name, inputs.target),
    name,
    connectTimeout: duration(inputs.pool?.tcp?.connectTimeoutMs ?? inputs.connectTimeoutMs),
    circuitBreakers: buildCircuitBreakers(inputs.pool),
    upstreamConnectionOptions: buildKeepalive(inputs.pool),
    typedExtensionProtocolOptions: inputs.asCaller ? clientProtocolOptions(inputs.pool) : {},
    ...(inputs.service === undefined ? {} : { metadata: { filterMetadata: { istio: { services: [inputs.service] } } } }),
  })
}

type Discovery = Pick<DeepPartial<Cluster>, 'clusterDiscoveryType' | 'lbPolicy' | 'upstreamBindConfig' | 'loadAssignment'>

function discovery(name: string, target: InboundTarget): Discovery {
  if (target.kind === 'original-destination') {
    return {
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
      lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
      upstreamBindConfig: INBOUND_SOURCE,
    }
  }
  const endpoint = { hostIdentifier: { $case: 'endpoint' as const, value: { address: targetAddress(target) } } }
  return {
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [endpoint] }] },
  }
}

function targetAddress(target: Exclude<InboundTarget, { readonly kind: 'original-destination' }>): Address {
  return target.kind === 'pipe' ? pipeAddress(target.path) : socketAddress(target.address, target.port)
}
