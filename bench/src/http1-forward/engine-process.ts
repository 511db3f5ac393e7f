// The data plane of the proxy with fixed configuration. Arguments: port, port of the backend.
import { silentLogger } from '@meshwork/core/log'
import { StatsRegistry } from '@meshwork/core/metrics'
import { systemClock } from '@meshwork/core/time'
import { Engine } from '@meshwork/proxy/engine'
import { routerBlueprint } from '@meshwork/proxy/filters'
import type { HeaderMutations } from '@meshwork/proxy/model'
import { noSecrets } from '@meshwork/proxy/tls'

const [port = 0, backend = 0] = process.argv.slice(2).map(Number)
const none: HeaderMutations = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }
const engine = new Engine({ clock: systemClock, log: silentLogger, stats: new StatsRegistry(), secrets: noSecrets })
engine.setCluster({
  name: 'backend',
  discovery: {
    kind: 'static',
    load: {
      clusterName: 'backend',
      endpoints: [
        { address: { kind: 'tcp', host: '127.0.0.1', port: backend }, weight: 1, priority: 0, locality: '', healthy: true, metadata: {} },
      ],
    },
  },
  loadBalancer: 'round-robin',
  connectTimeoutMs: 5000,
  protocol: 'http1',
  limits: { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 },
  idleTimeoutMs: 3_600_000,
  maxRequestsPerConnection: 0,
  transportSockets: [],
  metadata: {},
})
await engine.setListener({
  name: 'main',
  address: { kind: 'tcp', host: '127.0.0.1', port },
  bindToPort: true,
  useOriginalDst: false,
  direction: 'unspecified',
  inspectTls: false,
  inspectHttp: false,
  inspectionTimeoutMs: 0,
  defaultFilterChain: null,
  filterChains: [
    {
      name: '',
      match: { destinationPort: null, destinationRanges: [], serverNames: [], transportProtocol: '', applicationProtocols: [] },
      tls: null,
      terminal: {
        kind: 'http-connection-manager',
        statPrefix: 'main',
        routes: {
          kind: 'inline',
          table: {
            name: 'main',
            ignorePortInHost: false,
            headers: none,
            virtualHosts: [
              {
                name: 'all',
                domains: ['*'],
                requireTls: 'none',
                headers: none,
                retry: null,
                perFilter: new Map(),
                routes: [
                  {
                    name: '',
                    match: {
                      path: { kind: 'prefix', value: '/' },
                      caseSensitive: true,
                      headers: [],
                      queryParameters: [],
                      runtimeFractionPpm: null,
                      grpcOnly: false,
                    },
                    headers: none,
                    perFilter: new Map(),
                    metadata: {},
                    action: {
                      kind: 'route',
                      clusters: [{ name: 'backend', weight: 1, headers: none, perFilter: new Map() }],
                      timeoutMs: 15_000,
                      idleTimeoutMs: null,
                      retry: null,
                      prefixRewrite: null,
                      regexRewrite: null,
                      hostRewrite: { kind: 'none' },
                      mirrors: [],
                      upgrades: [],
                    },
                  },
                ],
              },
            ],
          },
        },
        httpFilters: [routerBlueprint()],
        accessLog: [],
        serverName: 'meshwork',
        useRemoteAddress: false,
        xffNumTrustedHops: 0,
        generateRequestId: true,
        forwardClientCert: 'sanitize',
        streamIdleTimeoutMs: 300_000,
        requestHeadersTimeoutMs: 0,
        idleTimeoutMs: 3_600_000,
        maxRequestHeadersBytes: 61_440,
        maxRequestHeadersCount: 100,
        upgrades: [],
        allowAbsoluteUrl: true,
        normalizePath: false,
        mergeSlashes: false,
      },
    },
  ],
})
process.once('SIGTERM', () => process.exit(0))
