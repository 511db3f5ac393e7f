import type { HttpConnectionManagerConfig } from '../../model/http-connection-manager.ts'
import { PLAIN_LOCAL_REPLIES } from '../../model/local-reply.ts'
import type { FilterChainConfig, FilterChainMatch, ListenerConfig, TcpProxyConfig } from '../../model/listener.ts'
import { DEFAULT_HTTP2_OPTIONS } from '../../model/http2.ts'
import type { CircuitLimits, ClusterConfig, EndpointConfig, LoadAssignment } from '../../model/cluster.ts'
import type { HeaderMutations, RouteAction, RouteConfig, RouteTableConfig, VirtualHostConfig } from '../../model/route.ts'
import { routerBlueprint } from '../../filters/index.ts'

/** Builders of model values for tests: each gives something valid, `over` changes what the test is about. */

export const NO_MUTATIONS: HeaderMutations = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }

export function endpoint(port: number, over: Partial<EndpointConfig> = {}): EndpointConfig {
  return {
    address: { kind: 'tcp', host: '127.0.0.1', port },
    weight: 1,
    priority: 0,
    locality: '',
    localityWeight: 0,
    health: 'unknown',
    hostname: '',
    check: null,
    metadata: {},
    ...over,
  }
}

export const LIMITS: CircuitLimits = {
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
  maxConnectionsPerHost: Infinity,
  retryBudget: null,
  trackRemaining: false,
}

export function assignment(clusterName: string, endpoints: readonly EndpointConfig[]): LoadAssignment {
  return { clusterName, endpoints, overprovisioning: 140, weightedHealth: false, dropShare: 0 }
}

export function cluster(name: string, endpoints: readonly EndpointConfig[], over: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    name,
    discovery: { kind: 'static', load: assignment(name, endpoints) },
    balancer: { kind: 'round-robin', slowStart: null },
    balancing: {
      panicThreshold: 50,
      failOnPanic: false,
      localityWeighted: false,
      ignoreNewHostsUntilFirstCheck: false,
      drainOnHostChange: false,
    },
    subsets: null,
    connectTimeoutMs: 1000,
    sourceAddress: null,
    protocol: 'http1',
    http2: DEFAULT_HTTP2_OPTIONS,
    http1: { headerCase: 'lower', trailers: false, maxResponseHeadersBytes: 61_440, maxResponseHeadersCount: 100 },
    limits: LIMITS,
    highLimits: LIMITS,
    idleTimeoutMs: 0,
    maxConnectionAgeMs: 0,
    maxStreamDurationMs: 0,
    maxRequestsPerConnection: 0,
    preconnect: { perHost: 1, predictive: 1 },
    tcpKeepAlive: null,
    healthCheck: null,
    ignoreHealthOnRemoval: false,
    closeOnHostFailure: false,
    outlier: null,
    autoNames: null,
    transportSockets: [],
    metadata: {},
    ...over,
  }
}

export function routeAction(clusters: readonly (readonly [string, number])[], over: Partial<RouteAction> = {}): RouteAction {
  return {
    kind: 'route',
    clusters: clusters.map(([name, weight]) => ({
      name,
      fromHeader: null,
      weight,
      headers: NO_MUTATIONS,
      perFilter: new Map(),
      hostRewrite: null,
      metadataMatch: {},
    })),
    randomHeader: null,
    clusterNotFoundStatus: 503,
    timeoutMs: 15_000,
    idleTimeoutMs: null,
    retry: null,
    prefixRewrite: null,
    regexRewrite: null,
    templateRewrite: null,
    hostRewrite: { kind: 'none' },
    maxStreamDuration: { maxMs: null, grpcTimeoutMaxMs: null, grpcTimeoutOffsetMs: 0, grpcAsTimeoutMaxMs: null, grpcAsTimeoutOffsetMs: 0 },
    appendForwardedHost: false,
    highPriority: false,
    hashPolicies: [],
    mirrors: [],
    internalRedirect: null,
    upgrades: new Map(),
    ...over,
  }
}

export function route(prefix: string, action: RouteConfig['action'], over: Partial<RouteConfig> = {}): RouteConfig {
  return {
    name: '',
    match: {
      path: { kind: 'prefix', value: prefix },
      caseSensitive: true,
      headers: [],
      queryParameters: [],
      runtimeFractionPpm: null,
      grpcOnly: false,
      clientCertificate: { presented: null, validated: null },
      dynamicMetadata: [],
    },
    action,
    headers: NO_MUTATIONS,
    perFilter: new Map(),
    metadata: {},
    bufferLimit: null,
    decorator: null,
    ...over,
  }
}

export function virtualHost(domains: readonly string[], routes: readonly RouteConfig[], over: Partial<VirtualHostConfig> = {}): VirtualHostConfig {
  return {
    name: domains[0] ?? '',
    domains,
    requireTls: 'none',
    includeAttemptCount: false,
    includeAttemptCountInResponse: false,
    includeIsTimeoutRetry: false,
    matcher: null,
    routes,
    headers: NO_MUTATIONS,
    retry: null,
    mirrors: [],
    bufferLimit: null,
    perFilter: new Map(),
    ...over,
  }
}

export function routeTable(name: string, virtualHosts: readonly VirtualHostConfig[], over: Partial<RouteTableConfig> = {}): RouteTableConfig {
  return {
    name,
    virtualHosts,
    ignorePortInHost: true,
    ignorePathParameters: false,
    headers: NO_MUTATIONS,
    mostSpecificHeadersWin: false,
    mirrors: [],
    perFilter: new Map(),
    ...over,
  }
}

export function manager(
  routes: HttpConnectionManagerConfig['routes'],
  over: Partial<HttpConnectionManagerConfig> = {},
): HttpConnectionManagerConfig {
  return {
    kind: 'http-connection-manager',
    statPrefix: 'test',
    routes,
    httpFilters: [routerBlueprint()],
    accessLog: [],
    tracing: null,
    serverName: 'meshwork',
    serverHeader: 'overwrite',
    via: '',
    addUserAgent: false,
    schemeOverwrite: null,
    appendForwardedPort: false,
    useRemoteAddress: false,
    xffNumTrustedHops: 0,
    skipXffAppend: false,
    internalRanges: [],
    originalIpDetection: [{ kind: 'xff', trustedHops: 0 }],
    earlyMutations: [],
    generateRequestId: true,
    preserveExternalRequestId: false,
    requestIdInResponse: false,
    forwardClientCert: 'sanitize',
    clientCertDetails: { subject: true, cert: false, dns: true, uri: true },
    localReplies: PLAIN_LOCAL_REPLIES,
    streamIdleTimeoutMs: 300_000,
    requestTimeoutMs: 0,
    requestHeadersTimeoutMs: 0,
    maxStreamDurationMs: 0,
    idleTimeoutMs: 0,
    maxConnectionDurationMs: 0,
    drainTimeoutMs: 5000,
    delayedCloseTimeoutMs: 1000,
    maxRequestsPerConnection: 0,
    maxRequestHeadersBytes: 61_440,
    maxRequestHeadersCount: 100,
    codec: 'auto',
    http2: DEFAULT_HTTP2_OPTIONS,
    headersWithUnderscores: 'allow',
    upgrades: [],
    proxy100Continue: false,
    normalizePath: true,
    mergeSlashes: false,
    escapedSlashes: 'keep',
    stripHostPort: 'no',
    stripTrailingHostDot: false,
    http1: {
      allowAbsoluteUrl: true,
      acceptHttp10: false,
      defaultHostForHttp10: '',
      headerCase: 'lower',
      trailers: false,
      customMethods: false,
      streamError: false,
    },
    ...over,
  }
}

export const ANY: FilterChainMatch = {
  destinationPort: null,
  destinationRanges: [],
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
  directSourceRanges: [],
  sourceType: 'any',
  sourceRanges: [],
  sourcePorts: [],
}

export function chain(terminal: FilterChainConfig['terminal'], over: Partial<FilterChainConfig> = {}): FilterChainConfig {
  return { name: '', match: ANY, tls: null, handshakeTimeoutMs: 0, filters: [], terminal, ...over }
}

export function listener(name: string, filterChains: readonly FilterChainConfig[], over: Partial<ListenerConfig> = {}): ListenerConfig {
  return {
    name,
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    bindToPort: true,
    additionalAddresses: [],
    handsOver: false,
    transparent: false,
    freebind: false,
    direction: 'outbound',
    listenerFilters: [],
    inspectionTimeoutMs: 0,
    continueOnTimeout: false,
    backlog: 128,
    ignoresTotalLimit: false,
    accessLog: [],
    statPrefix: '',
    filterChains,
    chainMatcher: null,
    defaultFilterChain: null,
    ...over,
  }
}

export function tcpProxy(name: string, over: Partial<TcpProxyConfig> = {}): TcpProxyConfig {
  return {
    kind: 'tcp-proxy',
    statPrefix: 'tcp',
    clusters: [{ name, weight: 1, criteria: null }],
    idleTimeoutMs: 0,
    maxConnectAttempts: 1,
    maxDurationMs: 0,
    hashSourceIp: false,
    tunnelTo: '',
    logIntervalMs: 0,
    logOnConnected: false,
    accessLog: [],
    ...over,
  }
}
