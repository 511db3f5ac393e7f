import type { Labels, StringMatch } from '../shape/networking.ts'

/** `networking.istio.io` VirtualService: what happens to requests for a set of hosts. Field names are the document's; durations in milliseconds. */
export interface VirtualServiceSpec {
  readonly hosts: readonly string[]
  /** Names as written (`ns/name`, `name`), or `mesh` for sidecars. `['mesh']` if the document says nothing. */
  readonly gateways: readonly string[]
  readonly http: readonly HttpRoute[]
  readonly tls: readonly TlsRoute[]
  readonly tcp: readonly TcpRoute[]
  /** `*`, `.` or namespace names; empty means the mesh's default. */
  readonly exportTo: readonly string[]
}

export interface HttpRoute {
  readonly name?: string
  /** Blocks are alternatives, fields inside one block are all required. Empty: every request. */
  readonly match: readonly HttpMatch[]
  readonly route: readonly HttpRouteDestination[]
  readonly redirect?: HttpRedirect
  readonly directResponse?: HttpDirectResponse
  readonly delegate?: Delegate
  readonly rewrite?: HttpRewrite
  /** Unset and 0 both mean no limit. */
  readonly timeoutMs?: number
  readonly retries?: HttpRetry
  readonly fault?: HttpFault
  readonly mirror?: Destination
  /** Share of requests to mirror, 0 to 100; unset means 100. From `mirrorPercentage.value` or the older `mirrorPercent`. */
  readonly mirrorPercent?: number
  readonly mirrors: readonly HttpMirror[]
  readonly corsPolicy?: CorsPolicy
  readonly headers: HeaderOperations
  /** Field of Istio 1.0: request headers to append. */
  readonly appendHeaders: Readonly<Record<string, string>>
  /** Field of Istio 1.0: response headers to remove. */
  readonly removeResponseHeaders: readonly string[]
  /** Field of Istio 1.0. Upgrades are always allowed; accepted and without effect. */
  readonly websocketUpgrade: boolean
}

export interface HttpMatch {
  readonly name?: string
  readonly uri?: StringMatch
  readonly scheme?: StringMatch
  readonly method?: StringMatch
  readonly authority?: StringMatch
  readonly headers: Readonly<Record<string, StringMatch>>
  /** Headers that must not match. */
  readonly withoutHeaders: Readonly<Record<string, StringMatch>>
  readonly queryParams: Readonly<Record<string, StringMatch>>
  /** Ports of the service addressed; unset means any. */
  readonly port?: number
  readonly sourceLabels: Labels
  readonly sourceNamespace?: string
  /** Replaces the list of the VirtualService for this block; empty means it applies. */
  readonly gateways: readonly string[]
  /** For `uri` with `exact` and `prefix` only. */
  readonly ignoreUriCase: boolean
  readonly statPrefix?: string
}

export interface Destination {
  readonly host: string
  readonly subset?: string
  readonly port?: number
}

export interface HttpRouteDestination {
  readonly destination: Destination
  /** Share among the route's destinations; 0 if unset, and a single destination with 0 gets everything. */
  readonly weight: number
  readonly headers: HeaderOperations
}

export interface HttpMirror {
  readonly destination: Destination
  /** 0 to 100. */
  readonly percent: number
}

export interface HeaderOperations {
  readonly request: HeaderChange
  readonly response: HeaderChange
}

export interface HeaderChange {
  readonly set: Readonly<Record<string, string>>
  readonly add: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

export interface HttpRedirect {
  readonly uri?: string
  readonly authority?: string
  readonly scheme?: string
  readonly port?: number
  readonly derivePort?: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT'
  /** 301, 302, 303, 307 or 308; 301 if unset. */
  readonly redirectCode: number
}

export interface HttpDirectResponse {
  readonly status: number
  /** Bytes are given in the document as base64. */
  readonly body?: { readonly kind: 'string'; readonly value: string } | { readonly kind: 'bytes'; readonly value: Uint8Array }
}

export interface Delegate {
  readonly name?: string
  readonly namespace?: string
}

export interface HttpRewrite {
  readonly uri?: string
  readonly authority?: string
  readonly uriRegexRewrite?: { readonly match: string; readonly rewrite: string }
}

export interface HttpRetry {
  /** Number of retries after the first attempt; 0 forbids them. */
  readonly attempts: number
  readonly perTryTimeoutMs?: number
  /** Envoy's retry conditions and status codes, separated by commas, as written. */
  readonly retryOn?: string
  readonly retryRemoteLocalities?: boolean
  /** Unset means true. */
  readonly retryIgnorePreviousHosts?: boolean
  readonly backoffMs?: number
}

export interface HttpFault {
  readonly delay?: FaultDelay
  readonly abort?: FaultAbort
}

export interface FaultDelay {
  /** 0 to 100. From `percentage.value` or the older `percent`; 0 if both are unset. */
  readonly percent: number
  readonly fixedDelayMs?: number
}

export interface FaultAbort {
  /** 0 to 100; 0 if unset. */
  readonly percent: number
  readonly httpStatus?: number
  /** Name of a gRPC status (`UNAVAILABLE`) or its number as text. */
  readonly grpcStatus?: string
}

export interface CorsPolicy {
  /** `allowOrigins`, and `allowOrigin` of Istio 1.0 as exact matches. */
  readonly allowOrigins: readonly StringMatch[]
  readonly allowMethods: readonly string[]
  readonly allowHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeMs?: number
  readonly allowCredentials?: boolean
  readonly unmatchedPreflights?: 'UNSPECIFIED' | 'FORWARD' | 'IGNORE'
}

export interface TlsRoute {
  readonly match: readonly TlsMatch[]
  readonly route: readonly L4RouteDestination[]
}

export interface TlsMatch extends L4Match {
  readonly sniHosts: readonly string[]
}

export interface TcpRoute {
  readonly match: readonly L4Match[]
  readonly route: readonly L4RouteDestination[]
}

export interface L4Match {
  /** Addresses or CIDR blocks. */
  readonly destinationSubnets: readonly string[]
  readonly port?: number
  readonly sourceLabels: Labels
  readonly sourceNamespace?: string
  readonly gateways: readonly string[]
  readonly sourceSubnet?: string
}

export interface L4RouteDestination {
  readonly destination: Destination
  readonly weight: number
}
