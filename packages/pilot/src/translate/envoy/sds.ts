import { ApiConfigSource_ApiType, ApiVersion, ConfigSource } from '@meshwork/protos/envoy/config/core/v3/config_source'
import type { SdsSecretConfig } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import { duration } from './duration.ts'

/** Name of the workload's own certificate and key. */
export const WORKLOAD_SECRET = 'default'
/** Name of the roots that vouch for peers in the mesh. */
export const ROOTS_SECRET = 'ROOTCA'
/** Static cluster of the proxy's bootstrap: the agent's socket. Our own proxy answers it in-process. */
const AGENT_CLUSTER = 'sds-grpc'

/** Where everything of this control plane comes from. */
export const ADS_SOURCE: ConfigSource = ConfigSource.fromPartial({
  configSourceSpecifier: { $case: 'ads', value: {} },
  resourceApiVersion: ApiVersion.V3,
  initialFetchTimeout: duration(0),
})

const AGENT_SOURCE: ConfigSource = ConfigSource.fromPartial({
  configSourceSpecifier: {
    $case: 'apiConfigSource',
    value: {
      apiType: ApiConfigSource_ApiType.GRPC,
      transportApiVersion: ApiVersion.V3,
      setNodeOnFirstMessageOnly: true,
      grpcServices: [{ targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: AGENT_CLUSTER } } }],
    },
  },
  // Wait for the certificate for as long as it takes, instead of serving without one.
  initialFetchTimeout: duration(0),
  resourceApiVersion: ApiVersion.V3,
})

/** As `ADS_SOURCE`; where the secret never comes, the listener opens after Envoy's usual 15 seconds all the same. */
const DELIVERED_SOURCE: ConfigSource = ConfigSource.fromPartial({
  configSourceSpecifier: { $case: 'ads', value: {} },
  resourceApiVersion: ApiVersion.V3,
})

/** A secret that the control plane itself delivers: the certificate of a gateway's port, from a Secret. */
export function deliveredSecret(name: string): SdsSecretConfig {
  return { name, sdsConfig: DELIVERED_SOURCE }
}

/** A secret that the proxy's agent delivers; such keys never pass through the control plane. */
export function agentSecret(name: string): SdsSecretConfig {
  return { name, sdsConfig: AGENT_SOURCE }
}
