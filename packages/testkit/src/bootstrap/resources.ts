import type { TestCertificate } from '../ca/index.ts'

/** A piece of an Envoy v3 configuration, as its JSON form has it. */
export type Json = Readonly<Record<string, unknown>>

const EXTENSIONS = 'type.googleapis.com/envoy.extensions'

/** Bootstrap without a control plane, unless `more` names one. */
export function bootstrap(listeners: readonly Json[], clusters: readonly Json[], more: Json = {}): Json {
  return { static_resources: { listeners, clusters }, ...more }
}

/** The part of a bootstrap that opens the admin interface on 127.0.0.1. */
export function admin(port: number): Json {
  return { admin: { address: socketAddress(port) } }
}

const CONTROL_PLANE = 'control-plane'

/** The parts of a bootstrap that take clusters and listeners from the control plane on this port of 127.0.0.1. */
export function fromControlPlane(port: number, adminPort: number): Json {
  return {
    node: { id: 'tested', cluster: 'tested' },
    ...admin(adminPort),
    dynamic_resources: {
      cds_config: { ads: {} },
      lds_config: { ads: {} },
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: CONTROL_PLANE } }],
      },
    },
    static_resources: { clusters: [cluster(CONTROL_PLANE, port, http2Upstream)] },
  }
}

/** Address of 127.0.0.1 unless `host` says otherwise. */
export function socketAddress(port: number, host: string = '127.0.0.1'): Json {
  return { socket_address: { address: host, port_value: port } }
}

/** A listener with one filter chain; `socket` is the chain's transport socket. */
export function listener(port: number, filter: Json, socket?: Json): Json {
  const chain = { filters: [filter], ...(socket === undefined ? {} : { transport_socket: socket }) }
  return { name: `listener-${port}`, address: socketAddress(port), filter_chains: [chain] }
}

/**
 * Sends every request to `cluster`, upgrades to WebSocket included, without a limit of time unless `action` sets one. `manager` is
 * added to the connection manager.
 */
export function httpFilter(cluster: string, codec: 'AUTO' | 'HTTP1' | 'HTTP2', action: Json = {}, manager: Json = {}): Json {
  return httpManager(cluster, codec, { route_config: routeTable('all', cluster, action), ...manager })
}

/** The same with the route table of this name, from the control plane. */
export function dynamicHttpFilter(table: string): Json {
  return httpManager(table, 'AUTO', { rds: { route_config_name: table, config_source: { ads: {}, resource_api_version: 'V3' } } })
}

/** A route table that sends every request to `cluster`; `action` is added to its route. */
export function routeTable(name: string, cluster: string, action: Json = {}): Json {
  const routes = [{ match: { prefix: '/' }, route: { cluster, timeout: '0s', ...action } }]
  return { name, virtual_hosts: [{ name: 'all', domains: ['*'], routes }] }
}

function httpManager(statPrefix: string, codec: 'AUTO' | 'HTTP1' | 'HTTP2', routes: Json): Json {
  return {
    name: 'http',
    typed_config: {
      '@type': `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: statPrefix,
      codec_type: codec,
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      http2_protocol_options: { allow_connect: true },
      ...routes,
      http_filters: [{ name: 'router', typed_config: { '@type': `${EXTENSIONS}.filters.http.router.v3.Router` } }],
    },
  }
}

export function tcpFilter(cluster: string, more: Json = {}): Json {
  const typed_config = { '@type': `${EXTENSIONS}.filters.network.tcp_proxy.v3.TcpProxy`, stat_prefix: cluster, cluster, ...more }
  return { name: 'tcp', typed_config }
}

/** Connections of one original port, and what is done with them. */
export interface InterceptedPort {
  readonly port: number
  readonly filter: Json
  readonly socket?: Json
}

/** A listener that takes redirected connections and asks the kernel where they were going; other ports than those are refused. */
export function interceptingListener(port: number, ports: readonly InterceptedPort[]): Json {
  const filter_chains = ports.map(({ port: destination_port, filter, socket }) => ({
    filter_chain_match: { destination_port },
    filters: [filter],
    ...(socket === undefined ? {} : { transport_socket: socket }),
  }))
  const typed_config = { '@type': `${EXTENSIONS}.filters.listener.original_dst.v3.OriginalDst` }
  const listener_filters = [{ name: 'original_dst', typed_config }]
  return { name: `intercept-${port}`, address: socketAddress(port, '0.0.0.0'), listener_filters, filter_chains }
}

/** A cluster whose endpoint is wherever the connection was going; `more` is added to it. */
export function originalDestination(name: string, more: Json): Json {
  return { name, type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: '2s', ...more }
}

/** A cluster of endpoints on 127.0.0.1; `more` is added to it. */
export function cluster(name: string, ports: number | readonly number[], more: Json = {}): Json {
  return { name, type: 'STATIC', connect_timeout: '2s', load_assignment: endpoints(name, ports), ...more }
}

/** A cluster whose endpoints come from the control plane; `more` is added to it. */
export function dynamicCluster(name: string, more: Json = {}): Json {
  const eds_cluster_config = { eds_config: { ads: {}, resource_api_version: 'V3' } }
  return { name, type: 'EDS', connect_timeout: '2s', eds_cluster_config, ...more }
}

/** The endpoints of a cluster: ports of 127.0.0.1. */
export function endpoints(cluster_name: string, ports: number | readonly number[]): Json {
  const lb_endpoints = [ports].flat().map(port => ({ endpoint: { address: socketAddress(port) } }))
  return { cluster_name, endpoints: [{ lb_endpoints }] }
}

/** Makes a cluster speak HTTP/2. */
export const http2Upstream: Json = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: { allow_connect: true } },
    },
  },
}

/** A TLS server; with `clientRootPem` it demands a client certificate of that root. */
export function tlsServer(certificate: TestCertificate, alpn: readonly string[], clientRootPem?: string): Json {
  return {
    name: 'tls',
    typed_config: {
      '@type': `${EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext`,
      common_tls_context: tlsContext(certificate, alpn, clientRootPem),
      require_client_certificate: clientRootPem !== undefined,
    },
  }
}

/** A TLS client that shows `certificate` and trusts servers of `rootPem`. */
export function tlsClient(certificate: TestCertificate, alpn: readonly string[], rootPem: string): Json {
  return {
    name: 'tls',
    typed_config: {
      '@type': `${EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext`,
      common_tls_context: tlsContext(certificate, alpn, rootPem),
    },
  }
}

function tlsContext(certificate: TestCertificate, alpn: readonly string[], rootPem?: string): Json {
  return {
    alpn_protocols: alpn,
    tls_certificates: [
      { certificate_chain: { inline_string: certificate.certificateChainPem }, private_key: { inline_string: certificate.privateKeyPem } },
    ],
    ...(rootPem === undefined ? {} : { validation_context: { trusted_ca: { inline_string: rootPem } } }),
  }
}
