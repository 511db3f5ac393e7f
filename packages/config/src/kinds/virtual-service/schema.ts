import { combined, constrained, from, mapped, object, optional, orElse, required, type Field, type Shape } from '../shape/shape.ts'
import {
  duration,
  flag,
  integer,
  labels,
  list,
  listField,
  mapField,
  nonEmptyText,
  oneOf,
  count,
  portSelector,
  share,
  stringMatch,
  text,
} from '../shape/values.ts'
import type { StringMatch } from '../shape/networking.ts'
import { DEFAULT_GATEWAYS, DEFAULT_REDIRECT_CODE, FULL_SHARE, NO_HEADER_OPERATIONS, NO_SHARE } from './defaults.ts'
import type * as vs from './type.ts'

export const destination: Shape<vs.Destination> = object<vs.Destination>({
  host: required(text),
  subset: optional(text),
  port: optional(portSelector),
})

const headerChange = object<vs.HeaderChange>({ set: mapField(text), add: mapField(text), remove: listField(text) })

const headerOperations: Field<vs.HeaderOperations> = orElse(
  object<vs.HeaderOperations>({
    request: orElse(headerChange, NO_HEADER_OPERATIONS.request),
    response: orElse(headerChange, NO_HEADER_OPERATIONS.response),
  }),
  NO_HEADER_OPERATIONS,
)

const httpMatch = object<vs.HttpMatch>({
  name: optional(text),
  uri: optional(stringMatch),
  scheme: optional(stringMatch),
  method: optional(stringMatch),
  authority: optional(stringMatch),
  headers: mapField(stringMatch),
  withoutHeaders: mapField(stringMatch),
  queryParams: mapField(stringMatch),
  port: optional(count),
  sourceLabels: labels,
  sourceNamespace: optional(text),
  gateways: listField(text),
  ignoreUriCase: orElse(flag, false),
  statPrefix: optional(text),
})

const redirect = object<vs.HttpRedirect>(
  {
    uri: optional(text),
    authority: optional(text),
    scheme: optional(text),
    port: optional(count),
    derivePort: optional(oneOf('FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT')),
    redirectCode: orElse(integer, DEFAULT_REDIRECT_CODE),
  },
  { atMostOne: [['port', 'derivePort']] },
)

const body: Shape<vs.HttpDirectResponse['body']> = mapped(
  object<{ readonly string?: string; readonly bytes?: string }>(
    { string: optional(text), bytes: optional(text) },
    { atMostOne: [['string', 'bytes']] },
  ),
  ({ string, bytes }): vs.HttpDirectResponse['body'] => {
    if (string !== undefined) return Object.freeze({ kind: 'string', value: string })
    return bytes === undefined ? undefined : Object.freeze({ kind: 'bytes', value: Buffer.from(bytes, 'base64') })
  },
)

const directResponse = object<vs.HttpDirectResponse>({ status: required(integer), body: optional(body) })

const rewrite = object<vs.HttpRewrite>({
  uri: optional(text),
  authority: optional(text),
  uriRegexRewrite: optional(object<NonNullable<vs.HttpRewrite['uriRegexRewrite']>>({ match: orElse(text, ''), rewrite: orElse(text, '') })),
})

export const retries: Shape<vs.HttpRetry> = object<vs.HttpRetry>({
  attempts: orElse(integer, 0),
  perTryTimeoutMs: from('perTryTimeout', optional(duration)),
  retryOn: optional(text),
  retryRemoteLocalities: optional(flag),
  retryIgnorePreviousHosts: optional(flag),
  backoffMs: from('backoff', optional(duration)),
})

const faultShare: Field<number> = combined<{ readonly percent?: number }, number>(
  { percent: share('percentage', ['percent']) },
  ({ percent }) => percent ?? NO_SHARE,
)

const fault = object<vs.HttpFault>({
  delay: optional(object<vs.FaultDelay>({ percent: faultShare, fixedDelayMs: from('fixedDelay', optional(duration)) })),
  abort: optional(
    object<vs.FaultAbort>(
      { percent: faultShare, httpStatus: optional(integer), grpcStatus: optional(text) },
      { atMostOne: [['httpStatus', 'grpcStatus']] },
    ),
  ),
})

const mirror = object<vs.HttpMirror>({
  destination: required(destination),
  percent: combined<{ readonly percent?: number }, number>({ percent: share('percentage', []) }, ({ percent }) => percent ?? FULL_SHARE),
})

interface Origins {
  readonly allowOrigins: readonly StringMatch[]
  readonly allowOrigin: readonly string[]
}

const allowOrigins: Field<readonly StringMatch[]> = combined<Origins, readonly StringMatch[]>(
  { allowOrigins: listField(stringMatch), allowOrigin: listField(text) },
  origins =>
    Object.freeze([...origins.allowOrigins, ...origins.allowOrigin.map(value => Object.freeze({ kind: 'exact' as const, value }))]),
)

const corsPolicy = object<vs.CorsPolicy>({
  allowOrigins,
  allowMethods: listField(text),
  allowHeaders: listField(text),
  exposeHeaders: listField(text),
  maxAgeMs: from('maxAge', optional(duration)),
  allowCredentials: optional(flag),
  unmatchedPreflights: optional(oneOf('UNSPECIFIED', 'FORWARD', 'IGNORE')),
})

const httpRouteDestination = object<vs.HttpRouteDestination>({
  destination: required(destination),
  weight: orElse(integer, 0),
  headers: headerOperations,
})

const httpRoute = object<vs.HttpRoute>({
  name: optional(text),
  match: listField(httpMatch),
  route: listField(httpRouteDestination),
  redirect: optional(redirect),
  directResponse: optional(directResponse),
  delegate: optional(object<vs.Delegate>({ name: optional(text), namespace: optional(text) })),
  rewrite: optional(rewrite),
  timeoutMs: from('timeout', optional(duration)),
  retries: optional(retries),
  fault: optional(fault),
  mirror: optional(destination),
  mirrorPercent: share('mirrorPercentage', ['mirrorPercent', 'mirror_percent']),
  mirrors: listField(mirror),
  corsPolicy: optional(corsPolicy),
  headers: headerOperations,
  appendHeaders: mapField(text),
  removeResponseHeaders: listField(text),
  websocketUpgrade: orElse(flag, false),
})

const l4Match = {
  destinationSubnets: listField(text),
  port: optional(count),
  sourceLabels: labels,
  sourceNamespace: optional(text),
  gateways: listField(text),
  sourceSubnet: optional(text),
}

const l4Destination = object<vs.L4RouteDestination>({ destination: required(destination), weight: orElse(integer, 0) })

const tlsRoute = object<vs.TlsRoute>({
  match: required(list(object<vs.TlsMatch>({ sniHosts: required(list(text)), ...l4Match }))),
  route: listField(l4Destination),
})

const tcpRoute = object<vs.TcpRoute>({ match: listField(object<vs.L4Match>(l4Match)), route: listField(l4Destination) })

export const virtualServiceShape: Shape<vs.VirtualServiceSpec> = constrained(
  object<vs.VirtualServiceSpec>({
    hosts: listField(nonEmptyText),
    gateways: orElse(
      mapped(list(text), names => (names.length === 0 ? DEFAULT_GATEWAYS : names)),
      DEFAULT_GATEWAYS,
    ),
    http: listField(httpRoute),
    tls: listField(tlsRoute),
    tcp: listField(tcpRoute),
    exportTo: listField(text),
  }),
  { description: 'What happens to requests for a set of hosts' },
)
