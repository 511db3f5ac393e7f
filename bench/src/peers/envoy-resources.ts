/** Pieces of an Envoy v3 configuration as JSON: the same ones configure Envoy and, over xDS, our proxy. */

export interface EnvoyResources {
  readonly listeners: readonly object[]
  readonly clusters: readonly object[]
}

const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const TCP_PROXY = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'
const HTTP_OPTIONS = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

export function socketAddress(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

export interface ListenerOptions {
  readonly name?: string
  readonly transportSocket?: object
}

export function listener(port: number, filter: object, { name = 'main', transportSocket }: ListenerOptions = {}): object {
  const chain = { filters: [filter], ...(transportSocket === undefined ? {} : { transport_socket: transportSocket }) }
  return { name, address: socketAddress(port), filter_chains: [chain] }
}

export interface ManagerOptions {
  readonly routes: readonly object[]
  /** Before the router. */
  readonly filters?: readonly object[]
  /** Further fields of the connection manager. */
  readonly more?: object
  /** Further fields of the virtual host. */
  readonly host?: object
}

export function manager({ routes, filters = [], more = {}, host = {} }: ManagerOptions): object {
  const router = { name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER } }
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': MANAGER,
      stat_prefix: 'main',
      route_config: { name: 'main', virtual_hosts: [{ name: 'all', domains: ['*'], routes, ...host }] },
      http_filters: [...filters, router],
      ...more,
    },
  }
}

export function tcpProxy(cluster: string): object {
  return { name: 'envoy.filters.network.tcp_proxy', typed_config: { '@type': TCP_PROXY, stat_prefix: 'main', cluster } }
}

export function routeTo(cluster: string, prefix = '/'): object {
  return { match: { prefix }, route: { cluster, timeout: '0s' } }
}

export interface ClusterOptions {
  readonly name?: string
  readonly http2?: boolean
  readonly transportSocket?: object
}

export function cluster(port: number, { name = 'backend', http2 = false, transportSocket }: ClusterOptions = {}): object {
  const options = { '@type': HTTP_OPTIONS, explicit_http_config: { http2_protocol_options: {} } }
  return {
    name,
    connect_timeout: '5s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(port) } }] }] },
    circuit_breakers: { thresholds: [{ max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 }] },
    ...(http2 ? { typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options } } : {}),
    ...(transportSocket === undefined ? {} : { transport_socket: transportSocket }),
  }
}
