/** Who an Envoy is, as the control plane reads it. */
export interface EnvoyNode {
  readonly id: string
  readonly cluster: string
  /** `region/zone/subzone`; parts may be left out. */
  readonly locality?: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Addresses are `host:port` or `unix:/path`. */
export interface EnvoySources {
  readonly xds: string
  /** Secret discovery service of the agent. */
  readonly sds: string
  readonly admin: string
}

/** As meshwork-agent sets it: by itself Envoy waits up to 30 s before it tries again. */
const RECONNECT = { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } }

/** An Envoy bootstrap that takes everything over ADS and certificates over SDS, as Istio's agent writes it. */
export function envoyBootstrap(node: EnvoyNode, sources: EnvoySources): Readonly<Record<string, unknown>> {
  const [region = '', zone = '', subZone = ''] = (node.locality ?? '').split('/')
  const ads = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '10s' }
  return {
    node: { id: node.id, cluster: node.cluster, locality: { region, zone, sub_zone: subZone }, metadata: node.metadata },
    admin: { address: address(sources.admin) },
    // As Istio's agent sets it: Envoy's own limit of 100 refuses patterns with a long name in them.
    layered_runtime: { layers: [{ name: 'limits', static_layer: { 're2.max_program_size.error_level': 32_768 } }] },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc', retry_policy: RECONNECT } }],
      },
      lds_config: ads,
      cds_config: ads,
    },
    static_resources: { clusters: [grpcCluster('xds-grpc', sources.xds), grpcCluster('sds-grpc', sources.sds)] },
  }
}

function address(text: string): Readonly<Record<string, unknown>> {
  if (text.startsWith('unix:')) return { pipe: { path: text.slice('unix:'.length) } }
  const colon = text.lastIndexOf(':')
  return { socket_address: { address: text.slice(0, colon), port_value: Number(text.slice(colon + 1)) } }
}

function grpcCluster(name: string, target: string): Readonly<Record<string, unknown>> {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '2s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(target) } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  }
}
