import { isIP } from 'node:net'

import type { SocketAddress } from '@meshwork/core/ids'

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

export interface EnvoyBootstrapOptions {
  /** Istio's form: `sidecar~<address>~<pod>.<namespace>~<domain>`. */
  readonly nodeId: string
  /** `<app>.<namespace>` in Istio; names the service in traces and logs. */
  readonly nodeCluster: string
  readonly metadata: JsonObject
  /** Pilot, plaintext. */
  readonly xds: SocketAddress
  /** The agent's socket. */
  readonly sdsSocketPath: string
  /** Loopback only: whoever reaches it can stop Envoy. */
  readonly admin: { readonly host: string; readonly port: number }
}

/**
 * What an Envoy needs to know before pilot tells it the rest (envoy.config.bootstrap.v3.Bootstrap, in JSON): who it is, where
 * pilot is (`xds-grpc`), and where its secrets come from (`sds-grpc`, the name that pilot's configuration uses).
 */
export function buildEnvoyBootstrap(options: EnvoyBootstrapOptions): JsonObject {
  return {
    node: { id: options.nodeId, cluster: options.nodeCluster, metadata: options.metadata },
    admin: { address: socketAddress(options.admin.host, options.admin.port) },
    // As Istio's agent sets it: Envoy's own limit of 100 refuses patterns with a long name in them.
    layered_runtime: { layers: [{ name: 'limits', static_layer: { 're2.max_program_size.error_level': 32_768 } }] },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc', retry_policy: RECONNECT } }],
      },
      cds_config: FROM_ADS,
      lds_config: FROM_ADS,
    },
    static_resources: {
      clusters: [grpcCluster('xds-grpc', options.xds), grpcCluster('sds-grpc', { kind: 'unix', path: options.sdsSocketPath })],
    },
  }
}

/** By itself Envoy waits up to 30 s before it tries again; the control plane has everybody back within two. */
const RECONNECT: JsonObject = { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } }

/** Without a limit on the first fetch: an Envoy that starts before pilot must not begin to serve with nothing. */
const FROM_ADS: JsonObject = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' }

function grpcCluster(name: string, address: SocketAddress): JsonObject {
  const isName = address.kind === 'tcp' && isIP(address.host) === 0
  const endpoint = address.kind === 'unix' ? { pipe: { path: address.path } } : socketAddress(address.host, address.port)
  return {
    name,
    type: isName ? 'STRICT_DNS' : 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: endpoint } }] }] },
  }
}

function socketAddress(address: string, port: number): JsonObject {
  return { socket_address: { address, port_value: port } }
}
