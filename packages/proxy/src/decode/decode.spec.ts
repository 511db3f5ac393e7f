import { ORIGINAL_DST } from '../listener-filters/original-dst/index.ts'
import { TLS_INSPECTOR } from '../listener-filters/tls-inspector/index.ts'
import { formatViolation, ok } from '@meshwork/core/result'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { UpstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import type { ResourceType } from '@meshwork/xds/client'
import { describe, expect, it } from 'vitest'
import { FilterCatalog } from './filter-codec.ts'
import { routerCodec } from '../filters/router/config.ts'
import { clusterType, endpointType, listenerType, routeType } from './resource-types.ts'

const FILTERS = new FilterCatalog([
  routerCodec,
  {
    typeUrl: 'type.example/Known',
    decode: () => ok({ name: 'known', compile: () => null }),
    perRoute: { typeUrl: 'type.example/KnownRoute', decode: bytes => ok(Buffer.from(bytes).toString()) },
  },
])

/** The message in JSON as Envoy's documents write it, encoded. */
function bytesOf<T>(codec: { fromJSON(json: unknown): T; encode(message: T): { finish(): Uint8Array } }, json: unknown): Uint8Array {
  return codec.encode(codec.fromJSON(json)).finish()
}

function decoded<T, M>(
  type: ResourceType<T>,
  codec: { fromJSON(json: unknown): M; encode(message: M): { finish(): Uint8Array } },
  json: unknown,
): T {
  const result = type.decode(bytesOf(codec, json))
  if (result.kind === 'ok') return result.value
  throw new Error(result.error.map(formatViolation).join('\n'))
}

function violations<T, M>(
  type: ResourceType<T>,
  codec: { fromJSON(json: unknown): M; encode(message: M): { finish(): Uint8Array } },
  json: unknown,
): readonly string[] {
  const result = type.decode(bytesOf(codec, json))
  return result.kind === 'ok' ? [] : result.error.map(formatViolation)
}

/** `Any` in the JSON form that ts-proto reads. */
function anyJson(typeUrl: string, value: Uint8Array = new Uint8Array()): unknown {
  return { type_url: typeUrl, value: Buffer.from(value).toString('base64') }
}

const ROUTER = {
  name: 'envoy.filters.http.router',
  typed_config: anyJson('type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'),
}

describe('a cluster', () => {
  const TLS = bytesOf(UpstreamTlsContext, {
    sni: 'outbound_.80_._.a',
    common_tls_context: {
      alpn_protocols: ['istio-peer-exchange', 'istio'],
      tls_certificate_sds_secret_configs: [{ name: 'default' }],
      combined_validation_context: {
        default_validation_context: { match_typed_subject_alt_names: [{ san_type: 3, matcher: { exact: 'spiffe://a/ns/b/sa/c' } }] },
        validation_context_sds_secret_config: { name: 'ROOTCA' },
      },
    },
  })

  it('of a mesh service has endpoints by EDS and mutual TLS where endpoints can', () => {
    const cluster = decoded(clusterType, Cluster, {
      name: 'outbound|80||a',
      type: 3,
      eds_cluster_config: { eds_config: { ads: {} } },
      connect_timeout: { seconds: '10' },
      lb_policy: 1,
      circuit_breakers: { thresholds: [{ max_connections: 7, track_remaining: true }] },
      common_lb_config: {},
      metadata: { filter_metadata: { istio: { services: [{ host: 'a' }] } } },
      transport_socket_matches: [
        {
          name: 'tlsMode-istio',
          match: { tlsMode: 'istio' },
          transport_socket: {
            name: 'envoy.transport_sockets.tls',
            typed_config: anyJson('type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', TLS),
          },
        },
        { name: 'tlsMode-disabled', match: {}, transport_socket: { name: 'envoy.transport_sockets.raw_buffer' } },
      ],
    })
    expect(cluster).toMatchObject({
      discovery: { kind: 'eds', serviceName: 'outbound|80||a' },
      balancer: { kind: 'least-request', choices: 2, bias: 1, slowStart: null },
      connectTimeoutMs: 10_000,
      limits: { maxConnections: 7, maxPendingRequests: 1024 },
      metadata: { istio: { services: [{ host: 'a' }] } },
    })
    expect(cluster.transportSockets).toMatchObject([
      {
        name: 'tlsMode-istio',
        criteria: { tlsMode: 'istio' },
        tls: {
          certificate: { name: 'default' },
          validation: {
            roots: { name: 'ROOTCA' },
            subjectAltNames: [{ type: 'uri', match: { kind: 'exact', value: 'spiffe://a/ns/b/sa/c' } }],
          },
          alpn: ['istio'],
          params: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
          sni: 'outbound_.80_._.a',
        },
      },
      { name: 'tlsMode-disabled', criteria: {}, tls: null },
    ])
  })

  it('is refused with every violation and its path', () => {
    expect(
      violations(clusterType, Cluster, {
        type: 3,
        lb_policy: 2,
        ring_hash_lb_config: { minimum_ring_size: '2048', maximum_ring_size: '1024' },
        connect_timeout: { seconds: '-1' },
        health_checks: [{}],
        outlier_detection: { interval: { seconds: '0' }, max_ejection_time: { seconds: '9' }, max_ejection_percent: 101 },
        circuit_breakers: { per_host_thresholds: [{ max_retries: 3 }] },
        transport_socket: { name: 'x', typed_config: anyJson('type.example/Unknown') },
      }),
    ).toEqual([
      'name: must not be empty',
      'ring_hash_lb_config.minimum_ring_size: must not be more than maximum_ring_size',
      'connect_timeout: must not be negative',
      'circuit_breakers.per_host_thresholds[0].max_retries: is not supported',
      'health_checks[0].interval: must be more than 0',
      'health_checks[0].timeout: must be more than 0',
      'health_checks[0].unhealthy_threshold: must be set',
      'health_checks[0].healthy_threshold: must be set',
      'health_checks[0]: must have a checker',
      'outlier_detection.interval: must be more than 0',
      'outlier_detection.max_ejection_time: must not be smaller than base_ejection_time',
      'outlier_detection.max_ejection_percent: must be at most 100',
      'transport_socket.typed_config: type.example/Unknown is not supported',
    ])
  })

  it('may not check names without roots', () => {
    const context = {
      common_tls_context: { validation_context: { match_typed_subject_alt_names: [{ san_type: 2, matcher: { exact: 'a' } }] } },
    }
    const typed = anyJson(
      'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      bytesOf(UpstreamTlsContext, context),
    )
    expect(violations(clusterType, Cluster, { name: 'a', transport_socket: { name: 'tls', typed_config: typed } })).toEqual([
      'transport_socket.common_tls_context.validation_context.trusted_ca: must be set',
    ])
  })
})

describe('endpoints', () => {
  it('carry locality, priority, weight, health and metadata', () => {
    const load = decoded(endpointType, ClusterLoadAssignment, {
      cluster_name: 'a',
      endpoints: [
        {
          locality: { region: 'r', zone: 'z' },
          priority: 1,
          load_balancing_weight: 3,
          lb_endpoints: [
            {
              endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 80 } } },
              load_balancing_weight: 2,
              health_status: 2,
              metadata: { filter_metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } },
            },
          ],
        },
      ],
    })
    expect(load.endpoints).toEqual([
      {
        address: { kind: 'tcp', host: '127.0.0.1', port: 80 },
        weight: 2,
        priority: 1,
        locality: 'r/z',
        check: null,
        health: 'unhealthy',
        hostname: '',
        localityWeight: 3,
        metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } },
      },
    ])
  })

  it('must be IP addresses', () => {
    const bad = { endpoint: { address: { socket_address: { address: 'example.com', port_value: 80 } } } }
    expect(violations(endpointType, ClusterLoadAssignment, { cluster_name: 'a', endpoints: [{ lb_endpoints: [bad] }] })).toEqual([
      "endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: 'example.com' is not an IP address",
    ])
  })
})

describe('a route table', () => {
  const route = { match: { prefix: '/' }, route: { cluster: 'a' } }

  it('decodes matches, weights, rewrites, retries and per-filter settings', () => {
    const table = decoded(routeType(FILTERS), RouteConfiguration, {
      name: '80',
      validate_clusters: false,
      virtual_hosts: [
        {
          name: 'a:80',
          domains: ['A', 'a:80', '*.a'],
          include_request_attempt_count: true,
          routes: [
            {
              name: 'r',
              match: {
                safe_regex: { regex: '/v[0-9]+' },
                headers: [
                  { name: 'X-User', string_match: { exact: 'jason' } },
                  { name: ':method', invert_match: true, string_match: { prefix: 'P' } },
                ],
                query_parameters: [{ name: 'q', present_match: true }],
                runtime_fraction: { default_value: { numerator: 25, denominator: 0 } },
              },
              route: {
                weighted_clusters: {
                  clusters: [
                    { name: 'a', weight: 90 },
                    { name: 'b', weight: 10 },
                  ],
                },
                timeout: { seconds: 0 },
                prefix_rewrite: '/new',
                host_rewrite_literal: 'h',
                retry_policy: {
                  retry_on: 'connect-failure, 503',
                  num_retries: 2,
                  retry_host_predicate: [{ name: 'envoy.retry_host_predicates.previous_hosts' }],
                  host_selection_retry_max_attempts: '5',
                },
                max_stream_duration: { max_stream_duration: { seconds: 0 }, grpc_timeout_header_max: { seconds: 0 } },
              },
              decorator: { operation: 'a' },
              typed_per_filter_config: { known: anyJson('type.example/KnownRoute', Buffer.from('setting')) },
              request_headers_to_add: [{ header: { key: 'X-A', value: 'b' }, append_action: 2 }],
            },
            { match: { path: '/old' }, redirect: { path_redirect: '/new', response_code: 3 } },
            { match: { prefix: '/' }, direct_response: { status: 404, body: { inline_string: 'no' } } },
          ],
        },
      ],
    })
    const [host] = table.virtualHosts
    expect(host?.domains).toEqual(['a', 'a:80', '*.a'])
    const [first, second, third] = host?.routes ?? []
    expect(first).toMatchObject({
      match: {
        path: { kind: 'regex', value: '/v[0-9]+' },
        caseSensitive: true,
        runtimeFractionPpm: 250_000,
        headers: [{ name: 'x-user' }, { name: ':method', invert: true }],
      },
      action: {
        clusters: [
          { name: 'a', weight: 90 },
          { name: 'b', weight: 10 },
        ],
        timeoutMs: 0,
        prefixRewrite: '/new',
        hostRewrite: { kind: 'literal', value: 'h' },
        retry: {
          retryOn: ['connect-failure', '503'],
          maxRetries: 2,
          hosts: [{ kind: 'previous-hosts' }],
          hostAttempts: 5,
          backoff: { baseMs: 25, maxMs: 250 },
        },
      },
      headers: { requestAdd: [{ name: 'x-a', value: 'b', action: 'overwrite-if-exists-or-add' }] },
    })
    expect(first?.perFilter.get('known')).toBe('setting')
    expect(second?.action).toMatchObject({ kind: 'redirect', status: 307, path: { kind: 'replace', value: '/new' } })
    expect(third?.action).toEqual({ kind: 'direct-response', status: 404, body: 'no' })
  })

  it('times out after 15 seconds unless told otherwise', () => {
    const table = decoded(routeType(FILTERS), RouteConfiguration, {
      name: '80',
      virtual_hosts: [{ name: 'a', domains: ['*'], routes: [route] }],
    })
    expect(table.virtualHosts[0]?.routes[0]?.action).toMatchObject({ timeoutMs: 15_000, idleTimeoutMs: null, retry: null })
  })

  it('is refused where requests would silently miss something', () => {
    const action = {
      hedge_policy: { hedge_on_per_try_timeout: true },
      path_rewrite_policy: { name: 'other' },
      host_rewrite_path_regex: { pattern: { regex: '(' }, substitution: '' },
      request_mirror_policies: [{}],
      upgrade_configs: [{ upgrade_type: 'websocket', connect_config: {} }],
      retry_policy: {
        retry_host_predicate: [{ name: 'other' }],
        retry_back_off: { base_interval: { seconds: 2 }, max_interval: { seconds: 1 } },
      },
      internal_redirect_policy: { predicates: [{ name: 'other' }] },
    }
    const host = { name: 'a', domains: ['*'], cors: {}, routes: [{ match: { prefix: '/' }, route: { cluster: 'a', ...action } }] }
    const long = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'x'.repeat(4097) } } }
    const found = violations(routeType(FILTERS), RouteConfiguration, {
      name: '80',
      virtual_hosts: [host, { name: 'b', domains: ['b'], routes: [long] }],
    })
    expect(found.map(text => text.replace('virtual_hosts[0].routes[0].route.', '').split(':')[0])).toEqual([
      'virtual_hosts[0].cors',
      'hedge_policy',
      'retry_policy.retry_back_off.max_interval',
      'retry_policy.retry_host_predicate[0]',
      'path_rewrite_policy',
      'host_rewrite_path_regex.pattern.regex',
      'request_mirror_policies[0]',
      'internal_redirect_policy.predicates[0]',
      'upgrade_configs[0].connect_config',
      'virtual_hosts[1].routes[0].direct_response.body',
    ])
  })

  it('is refused with every violation and its path', () => {
    const hosts = [
      {
        name: 'a',
        domains: ['x', 'a*b'],
        routes: [
          { match: { safe_regex: { regex: '(?=a)' } }, route: { cluster: '' } },
          { match: { prefix: '/' }, route: { weighted_clusters: { clusters: [{ name: 'a', weight: 0 }] } } },
          { route: { cluster_header: 'x' } },
          { ...route, typed_per_filter_config: { other: anyJson('type.example/Other') } },
        ],
      },
      { name: 'b', domains: ['X'], routes: [route] },
    ]
    expect(violations(routeType(FILTERS), RouteConfiguration, { name: '80', vhds: { config_source: {} }, virtual_hosts: hosts })).toEqual([
      'vhds: is not supported',
      "virtual_hosts[1].domains[0]: 'X' is listed twice",
      "virtual_hosts[0].domains[1]: 'a*b' must be a name, '*.name', 'name.*' or '*'",
      expect.stringMatching(/^virtual_hosts\[0\]\.routes\[0\]\.match\.safe_regex\.regex: is not an RE2 expression/),
      'virtual_hosts[0].routes[0].route.cluster: must not be empty',
      'virtual_hosts[0].routes[1].route.weighted_clusters: the sum of all weights must be from 1 to 4294967295',
      'virtual_hosts[0].routes[2].match: must be set',
      'virtual_hosts[0].routes[2].match: must have a path specifier',
      'virtual_hosts[0].routes[3].typed_per_filter_config["other"]: type.example/Other is not supported',
    ])
  })
})

describe('a listener', () => {
  function listener(manager: object, more: object = {}): object {
    const config = bytesOf(HttpConnectionManager, {
      stat_prefix: 's',
      rds: { route_config_name: '80' },
      http_filters: [ROUTER],
      ...manager,
    })
    return {
      name: '127.0.0.1_80',
      address: { socket_address: { address: '127.0.0.1', port_value: 80 } },
      traffic_direction: 2,
      filter_chains: [
        {
          filters: [
            {
              name: 'envoy.filters.network.http_connection_manager',
              typed_config: anyJson(
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                config,
              ),
            },
          ],
        },
      ],
      ...more,
    }
  }

  it('decodes the chain of filters, leaving out what does nothing', () => {
    const filters = [
      { name: 'renamed', typed_config: anyJson('type.example/Known') },
      { name: 'envoy.filters.http.cors', typed_config: anyJson('type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors') },
      { name: 'optional', is_optional: true, typed_config: anyJson('type.example/Other') },
      ROUTER,
    ]
    const config = decoded(listenerType(FILTERS), Listener, listener({ http_filters: filters, stream_idle_timeout: { seconds: 0 } }))
    const terminal = config.filterChains[0]?.terminal
    expect(config).toMatchObject({ direction: 'outbound', bindToPort: true, handsOver: false })
    expect(terminal?.kind === 'http-connection-manager' && terminal.httpFilters.map(({ name }) => name)).toEqual([
      'renamed',
      'envoy.filters.http.router',
    ])
    expect(terminal).toMatchObject({
      routes: { kind: 'rds', name: '80' },
      streamIdleTimeoutMs: 0,
      http1: { allowAbsoluteUrl: true, headerCase: 'lower' },
      maxRequestHeadersBytes: 61_440,
    })
  })

  it('restores the original destination for its own chains, or hands the connection over, or neither', () => {
    const restore = {
      listener_filters: [{ name: 'envoy.filters.listener.original_dst' }, { name: 'envoy.filters.listener.tls_inspector' }],
    }
    const decode = (more: object): unknown => decoded(listenerType(FILTERS), Listener, listener({}, more))
    expect(decode({})).toMatchObject({ handsOver: false, listenerFilters: [] })
    expect(decode(restore)).toMatchObject({ handsOver: false, listenerFilters: [{ name: ORIGINAL_DST }, { name: TLS_INSPECTOR }] })
    expect(decode({ ...restore, use_original_dst: true })).toMatchObject({ handsOver: true })
  })

  it('needs the router at the end of its filters', () => {
    const http_filters = [{ name: 'known', typed_config: anyJson('type.example/Known') }]
    expect(violations(listenerType(FILTERS), Listener, listener({ http_filters }))).toEqual([
      'filter_chains[0].filters[0].typed_config.http_filters: must end with the router, and have no other',
    ])
  })

  it('is refused with every violation and its path', () => {
    const manager = {
      http_filters: [{ name: 'x', typed_config: anyJson('type.example/Other') }, ROUTER],
      scheme_header_transformation: { match_upstream: true },
      http_protocol_options: { allow_chunked_length: true },
    }
    const more = { filter_chain_matcher: {}, listener_filters: [{ name: 'envoy.filters.listener.proxy_protocol' }] }
    expect(violations(listenerType(FILTERS), Listener, listener(manager, more))).toEqual([
      'filter_chains[0].filters[0].typed_config.http_filters[0].typed_config: type.example/Other is not supported',
      'filter_chains[0].filters[0].typed_config.http_protocol_options.allow_chunked_length: is not supported',
      'filter_chains[0].filters[0].typed_config.scheme_header_transformation.match_upstream: is not supported',
      'filter_chains[0].name: must be set beside filter_chain_matcher',
      'filter_chain_matcher: must have matcher_list or matcher_tree',
      "listener_filters[0]: listener filter 'envoy.filters.listener.proxy_protocol' is not supported",
    ])
  })
})
