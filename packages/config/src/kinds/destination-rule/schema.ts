import { constrained, from, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { count, duration, flag, integer, labels, list, listField, map, number, oneOf, portSelector, text } from '../shape/values.ts'
import { DEFAULT_TLS_MODE } from './defaults.ts'
import type * as dr from './type.ts'

const failover = object<dr.LocalityLbSetting['failover'][number]>({ from: orElse(text, ''), to: orElse(text, '') })
const distribute = object<dr.LocalityLbSetting['distribute'][number]>({ from: orElse(text, ''), to: orElse(map(count), {}) })

/** Shared with MeshConfig; so is tcpKeepalive. */
export const localityLbSetting: Shape<dr.LocalityLbSetting> = object<dr.LocalityLbSetting>({
  distribute: listField(distribute),
  failover: listField(failover),
  failoverPriority: listField(text),
  enabled: optional(flag),
})

const cookieAttribute = object<dr.HashCookie['attributes'][number]>({ name: required(text), value: orElse(text, '') })

const consistentHash = object<dr.ConsistentHash>(
  {
    httpHeaderName: optional(text),
    httpCookie: optional(
      object<dr.HashCookie>({
        name: required(text),
        path: optional(text),
        ttlMs: from('ttl', optional(duration)),
        attributes: listField(cookieAttribute),
      }),
    ),
    useSourceIp: optional(flag),
    httpQueryParameterName: optional(text),
    ringHash: optional(object<NonNullable<dr.ConsistentHash['ringHash']>>({ minimumRingSize: optional(integer) })),
    maglev: optional(object<NonNullable<dr.ConsistentHash['maglev']>>({ tableSize: optional(integer) })),
    minimumRingSize: optional(integer),
  },
  {
    atMostOne: [
      ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'],
      ['ringHash', 'maglev'],
    ],
  },
)

const warmup = object<NonNullable<dr.LoadBalancerSettings['warmup']>>({
  durationMs: from('duration', optional(duration)),
  minimumPercent: optional(number),
  aggression: optional(number),
})

const loadBalancer = object<dr.LoadBalancerSettings>(
  {
    simple: optional(oneOf<dr.SimpleLoadBalancer>('UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST')),
    consistentHash: optional(consistentHash),
    localityLbSetting: optional(localityLbSetting),
    warmupDurationMs: from('warmupDurationSecs', optional(duration)),
    warmup: optional(warmup),
  },
  { atMostOne: [['simple', 'consistentHash']] },
)

export const tcpKeepalive: Shape<NonNullable<dr.TcpPoolSettings['tcpKeepalive']>> = object<NonNullable<dr.TcpPoolSettings['tcpKeepalive']>>(
  {
    probes: optional(count),
    timeMs: from('time', optional(duration)),
    intervalMs: from('interval', optional(duration)),
  },
)

const tcpPool = object<dr.TcpPoolSettings>({
  maxConnections: optional(integer),
  connectTimeoutMs: from('connectTimeout', optional(duration)),
  tcpKeepalive: optional(tcpKeepalive),
  maxConnectionDurationMs: from('maxConnectionDuration', optional(duration)),
  idleTimeoutMs: from('idleTimeout', optional(duration)),
})

const httpPool = object<dr.HttpPoolSettings>({
  http1MaxPendingRequests: optional(integer),
  http2MaxRequests: optional(integer),
  maxRequestsPerConnection: optional(integer),
  maxRetries: optional(integer),
  idleTimeoutMs: from('idleTimeout', optional(duration)),
  h2UpgradePolicy: optional(oneOf('DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE')),
  useClientProtocol: optional(flag),
  maxConcurrentStreams: optional(integer),
})

/** Shared with Sidecar, whose inbound listeners have pools too. */
export const connectionPool: Shape<dr.ConnectionPoolSettings> = object<dr.ConnectionPoolSettings>({
  tcp: optional(tcpPool),
  http: optional(httpPool),
})

const outlierDetection = object<dr.OutlierDetection>({
  consecutiveErrors: optional(integer),
  consecutive5xxErrors: optional(count),
  consecutiveGatewayErrors: optional(count),
  splitExternalLocalOriginErrors: optional(flag),
  consecutiveLocalOriginFailures: optional(count),
  intervalMs: from('interval', optional(duration)),
  baseEjectionTimeMs: from('baseEjectionTime', optional(duration)),
  maxEjectionPercent: optional(integer),
  minHealthPercent: optional(integer),
})

const tls = object<dr.ClientTlsSettings>({
  mode: orElse(oneOf<dr.ClientTlsMode>('DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'), DEFAULT_TLS_MODE),
  clientCertificate: optional(text),
  privateKey: optional(text),
  caCertificates: optional(text),
  caCrl: optional(text),
  credentialName: optional(text),
  subjectAltNames: listField(text),
  sni: optional(text),
  insecureSkipVerify: optional(flag),
})

const portSettings = {
  loadBalancer: optional(loadBalancer),
  connectionPool: optional(connectionPool),
  outlierDetection: optional(outlierDetection),
  tls: optional(tls),
}

const tunnel = object<dr.TunnelSettings>({ protocol: optional(text), targetHost: required(text), targetPort: required(count) })

const trafficPolicy = object<dr.TrafficPolicy>({
  ...portSettings,
  portLevelSettings: listField(object<dr.PortTrafficPolicy>({ ...portSettings, port: orElse(portSelector, 0) })),
  tunnel: optional(tunnel),
  proxyProtocol: optional(object<NonNullable<dr.TrafficPolicy['proxyProtocol']>>({ version: orElse(oneOf('V1', 'V2'), 'V1') })),
  retryBudget: optional(
    object<NonNullable<dr.TrafficPolicy['retryBudget']>>({
      percent: optional(number),
      minRetryConcurrency: optional(count),
    }),
  ),
})

const subset = object<dr.Subset>({ name: required(text), labels, trafficPolicy: optional(trafficPolicy) })

export const destinationRuleShape: Shape<dr.DestinationRuleSpec> = constrained(
  object<dr.DestinationRuleSpec>({
    host: required(text),
    trafficPolicy: optional(trafficPolicy),
    subsets: orElse(list(subset), []),
    exportTo: listField(text),
    workloadSelector: optional(object<NonNullable<dr.DestinationRuleSpec['workloadSelector']>>({ matchLabels: labels })),
  }),
  { description: 'How connections to a host are made' },
)
