/** Names of filters from before Envoy's API v3, which configurations still use (Envoy, "Extension names"). */
const OLDER: ReadonlyMap<string, string> = new Map([
  ['envoy.buffer', 'envoy.filters.http.buffer'],
  ['envoy.cors', 'envoy.filters.http.cors'],
  ['envoy.csrf', 'envoy.filters.http.csrf'],
  ['envoy.ext_authz', 'envoy.filters.http.ext_authz'],
  ['envoy.fault', 'envoy.filters.http.fault'],
  ['envoy.grpc_http1_bridge', 'envoy.filters.http.grpc_http1_bridge'],
  ['envoy.grpc_json_transcoder', 'envoy.filters.http.grpc_json_transcoder'],
  ['envoy.grpc_web', 'envoy.filters.http.grpc_web'],
  ['envoy.gzip', 'envoy.filters.http.compressor'],
  ['envoy.health_check', 'envoy.filters.http.health_check'],
  ['envoy.ip_tagging', 'envoy.filters.http.ip_tagging'],
  ['envoy.lua', 'envoy.filters.http.lua'],
  ['envoy.rate_limit', 'envoy.filters.http.ratelimit'],
  ['envoy.router', 'envoy.filters.http.router'],
  ['mixer', 'istio.mixer'],
  ['envoy.client_ssl_auth', 'envoy.filters.network.client_ssl_auth'],
  ['envoy.echo', 'envoy.filters.network.echo'],
  ['envoy.http_connection_manager', 'envoy.filters.network.http_connection_manager'],
  ['envoy.mongo_proxy', 'envoy.filters.network.mongo_proxy'],
  ['envoy.ratelimit', 'envoy.filters.network.ratelimit'],
  ['envoy.redis_proxy', 'envoy.filters.network.redis_proxy'],
  ['envoy.tcp_proxy', 'envoy.filters.network.tcp_proxy'],
  ['envoy.listener.http_inspector', 'envoy.filters.listener.http_inspector'],
  ['envoy.listener.original_dst', 'envoy.filters.listener.original_dst'],
  ['envoy.listener.proxy_protocol', 'envoy.filters.listener.proxy_protocol'],
  ['envoy.listener.tls_inspector', 'envoy.filters.listener.tls_inspector'],
])

export function currentName(name: string): string {
  return OLDER.get(name) ?? name
}

export function sameFilter(a: string, b: string): boolean {
  return currentName(a) === currentName(b)
}
