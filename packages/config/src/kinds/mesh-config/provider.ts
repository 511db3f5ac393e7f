/** A service that extends what proxies do, or a place where they tell what they did. Exactly one kind is set. */
export interface ExtensionProvider {
  readonly name: string
  readonly zipkin?: ZipkinProvider
  readonly opentelemetry?: OpenTelemetryProvider
  readonly envoyExtAuthzHttp?: ExtAuthzHttpProvider
  readonly envoyExtAuthzGrpc?: ExtAuthzGrpcProvider
  readonly envoyFileAccessLog?: FileAccessLogProvider
  readonly prometheus?: Readonly<Record<never, never>>
}

export interface ZipkinProvider {
  /** Host name of a service of the mesh. */
  readonly service: string
  readonly port: number
  readonly maxTagLength: number
  readonly enable64bitTraceId: boolean
  /** Empty for `/api/v2/spans`. */
  readonly path: string
}

export interface OpenTelemetryProvider {
  readonly service: string
  readonly port: number
  readonly maxTagLength: number
  /** OTLP over HTTP to this path; without it over gRPC. */
  readonly http: { readonly path: string } | undefined
}

/** What both protocols of external authorization have. */
export interface ExtAuthzProvider {
  /** Host name of a service of the mesh; `namespace/host` where several namespaces have it. */
  readonly service: string
  readonly port: number
  /** Longest time for one decision, in milliseconds. */
  readonly timeoutMs: number
  /** Requests pass when the service cannot be asked. */
  readonly failOpen: boolean
  /** Routes are chosen anew after the service changed the request. */
  readonly clearRouteCache: boolean
  /** Status for the caller when the service cannot be asked; empty for 403. */
  readonly statusOnError: string
  readonly includeRequestBodyInCheck?: RequestBodyInCheck
}

export interface RequestBodyInCheck {
  readonly maxRequestBytes: number
  /** Longer bodies are cut; otherwise such requests are refused with 413. */
  readonly allowPartialMessage: boolean
  /** gRPC only: the body in `raw_body` instead of `body`. */
  readonly packAsBytes: boolean
}

/** `envoyExtAuthzHttp`: the service answers 200 for yes. Lists are of header names: exact, `prefix*` or `*suffix`. */
export interface ExtAuthzHttpProvider extends ExtAuthzProvider {
  readonly pathPrefix: string
  readonly includeRequestHeadersInCheck: readonly string[]
  readonly includeAdditionalHeadersInCheck: Readonly<Record<string, string>>
  readonly headersToUpstreamOnAllow: readonly string[]
  readonly headersToDownstreamOnAllow: readonly string[]
  readonly headersToDownstreamOnDeny: readonly string[]
}

/** `envoyExtAuthzGrpc`: `envoy.service.auth.v3.Authorization`. */
export type ExtAuthzGrpcProvider = ExtAuthzProvider

export interface FileAccessLogProvider {
  /** `/dev/stdout` or another file. */
  readonly path: string
  readonly logFormat?: { readonly text?: string; readonly labels?: Readonly<Record<string, unknown>> }
  readonly omitEmptyValues: boolean
}
