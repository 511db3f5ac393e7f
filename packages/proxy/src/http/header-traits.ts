/**
 * What a header name is to the data path, as bits, so that one pass over a message finds all that must go. Computed when a
 * name is first seen, not for each request.
 */
export const HeaderTrait = {
  /** Concerns one connection only (RFC 9110 7.6.1). */
  hopByHop: 1,
  /** Never taken from a client, whoever it is: identities that only this proxy may state. */
  neverFromClients: 2,
  /** Steers the router; taken only from internal clients. */
  fromInternalOnly: 4,
  /** Says what an edge finds out itself; not taken from the clients of an edge. */
  notFromEdge: 8,
  underscore: 16,
  /** Must not stand in trailers (RFC 9110 6.5.1): framing, routing, authentication. */
  notInTrailers: 32,
  /** Tells how a request is traced. */
  tracing: 64,
  /** `x-envoy-…`: asks something of the router. */
  asksRouter: 128,
  /** Several lines of it are one list (RFC 9110 5.2), and that is how Envoy passes it on. */
  joined: 256,
  /** The same of responses. */
  joinedInResponse: 512,
} as const

const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'te',
]

/** `x-envoy-*` control headers of the router. */
const FROM_INTERNAL_ONLY: readonly string[] = [
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-upstream-stream-duration-ms',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-ip-tags',
  'x-envoy-original-url',
  'x-envoy-hedge-on-per-try-timeout',
]

const NOT_FROM_EDGE: readonly string[] = [
  'x-envoy-attempt-count',
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-external-address',
  'x-envoy-is-timeout-retry',
  'x-envoy-original-dst-host',
  'x-envoy-original-host',
  'x-envoy-original-method',
  'x-envoy-original-path',
  'x-envoy-peer-metadata',
  'x-envoy-peer-metadata-id',
  'x-istio-attributes',
]

const TRACING: readonly string[] = [
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'traceparent',
  'tracestate',
  'x-client-trace-id',
  'x-envoy-force-trace',
]

const NOT_IN_TRAILERS: readonly string[] = [
  ...HOP_BY_HOP,
  'content-length',
  'host',
  'trailer',
  'expect',
  'max-forwards',
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'content-encoding',
  'content-type',
  'content-range',
  'x-forwarded-client-cert',
]

/** Envoy's "inline" headers of requests, as far as they may come from clients. */
const JOINED: readonly string[] = [
  'accept',
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-type',
  'grpc-accept-encoding',
  'grpc-timeout',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'origin',
  'pragma',
  'referer',
  'user-agent',
  'via',
  'x-client-trace-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-request-id',
]

/** Envoy's "inline" headers of responses. */
const JOINED_IN_RESPONSE: readonly string[] = [
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'age',
  'cache-control',
  'content-encoding',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'location',
  'proxy-status',
  'server',
  'vary',
  'via',
  'x-request-id',
]

const BITS: ReadonlyMap<string, number> = bitsByName()

/** The bits of a lower-case name. */
export function traitsOf(key: string): number {
  let bits = BITS.get(key) ?? 0
  if (key.startsWith('istio-sec-') || key === 'sec-istio-authn-payload') bits |= HeaderTrait.neverFromClients
  if (key.startsWith('x-envoy-')) bits |= HeaderTrait.asksRouter
  if (key.includes('_')) bits |= HeaderTrait.underscore
  return bits
}

function bitsByName(): ReadonlyMap<string, number> {
  const bits = new Map<string, number>()
  const add = (names: readonly string[], bit: number): void => {
    for (const name of names) bits.set(name, (bits.get(name) ?? 0) | bit)
  }
  add(HOP_BY_HOP, HeaderTrait.hopByHop)
  add(FROM_INTERNAL_ONLY, HeaderTrait.fromInternalOnly)
  add(NOT_FROM_EDGE, HeaderTrait.notFromEdge)
  add(NOT_IN_TRAILERS, HeaderTrait.notInTrailers)
  add(TRACING, HeaderTrait.tracing)
  add(JOINED, HeaderTrait.joined)
  add(JOINED_IN_RESPONSE, HeaderTrait.joinedInResponse)
  return bits
}
