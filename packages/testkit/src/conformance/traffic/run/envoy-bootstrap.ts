import type { ProxySpec } from '../scenario.ts'

export interface EnvoyPaths {
  /** Unix socket of the control plane. */
  readonly xdsSocket: string
  /** Unix socket of the secret discovery service. */
  readonly sdsSocket: string
  readonly adminSocket: string
}

/** Node id as Istio's agents write it: `sidecar~10.44.1.1~client.default~default.svc.cluster.local`. */
export function nodeId(proxy: ProxySpec): string {
  return `${proxy.kind}~${proxy.ip}~${proxy.pod}.${proxy.namespace}~${proxy.namespace}.svc.cluster.local`
}

/** Metadata by which the control plane knows the proxy. */
export function nodeMetadata(proxy: ProxySpec): Readonly<Record<string, unknown>> {
  return {
    NAME: proxy.pod,
    NAMESPACE: proxy.namespace,
    LABELS: proxy.labels,
    SERVICE_ACCOUNT: proxy.serviceAccount,
    INTERCEPTION_MODE: 'REDIRECT',
    CLUSTER_ID: 'Kubernetes',
    INSTANCE_IPS: proxy.ip,
    UNPRIVILEGED_POD: 'false',
  }
}

/** An Envoy bootstrap that takes everything over ADS and certificates over SDS, both on unix sockets. */
export function envoyBootstrap(proxy: ProxySpec, paths: EnvoyPaths): Readonly<Record<string, unknown>> {
  const [region = '', zone = '', subZone = ''] = (proxy.locality ?? '').split('/')
  const ads = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '10s' }
  return {
    node: {
      id: nodeId(proxy),
      cluster: `${proxy.labels['app'] ?? proxy.pod}.${proxy.namespace}`,
      locality: { region, zone, sub_zone: subZone },
      metadata: nodeMetadata(proxy),
    },
    admin: { address: { pipe: { path: paths.adminSocket } } },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
      lds_config: ads,
      cds_config: ads,
    },
    static_resources: { clusters: [socketCluster('xds-grpc', paths.xdsSocket), socketCluster('sds-grpc', paths.sdsSocket)] },
  }
}

function socketCluster(name: string, path: string): Readonly<Record<string, unknown>> {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '2s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  }
}
