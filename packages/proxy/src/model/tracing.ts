/** `HttpConnectionManager.Tracing`, decoded. Percentages are 0 to 100. */
export interface TracingConfig {
  /** Of requests with `x-client-trace-id`. */
  readonly clientSampling: number
  /** Of all others. */
  readonly randomSampling: number
  /** Of what the first two and `x-envoy-force-trace` chose. */
  readonly overallSampling: number
  /** Adds annotations of stream events to spans. */
  readonly verbose: boolean
  /** Longest `http.url` path, in characters. */
  readonly maxPathTagLength: number
  readonly customTags: readonly CustomTag[]
  readonly provider: TracingProvider
}

export type CustomTag =
  | { readonly kind: 'literal'; readonly tag: string; readonly value: string }
  | { readonly kind: 'environment'; readonly tag: string; readonly name: string; readonly fallback: string }
  | { readonly kind: 'request-header'; readonly tag: string; readonly name: string; readonly fallback: string }
  | {
      readonly kind: 'metadata'
      readonly tag: string
      readonly source: 'route' | 'cluster' | 'host'
      readonly namespace: string
      readonly path: readonly string[]
      readonly fallback: string
    }

export type TracingProvider =
  | {
      readonly kind: 'zipkin'
      readonly cluster: string
      readonly path: string
      /** `host` of the collector's requests. */
      readonly hostname: string
      readonly traceId128Bit: boolean
      /** An inbound span has the id of the caller's span (B3's shared form). */
      readonly sharedSpanContext: boolean
    }
  | {
      readonly kind: 'opentelemetry'
      readonly transport: 'http' | 'grpc'
      readonly cluster: string
      readonly path: string
      readonly hostname: string
      readonly headers: readonly (readonly [string, string])[]
      readonly serviceName: string
    }
