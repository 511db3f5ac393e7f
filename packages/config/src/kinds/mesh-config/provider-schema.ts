import { combined, deprecated, from, ignored, object, optional, orElse, type Field, type FieldsOf, type Shape } from '../shape/shape.ts'
import { anyObject, count, duration, flag, list, listField, mapField, nonEmptyText, text } from '../shape/values.ts'
import type {
  ExtAuthzHttpProvider,
  ExtAuthzProvider,
  ExtensionProvider,
  FileAccessLogProvider,
  OpenTelemetryProvider,
  RequestBodyInCheck,
  ZipkinProvider,
} from './provider.ts'

const exporting = ignored('spans are sent with the defaults', {
  timeout: duration,
  headers: list(anyObject),
  resourceDetectors: anyObject,
  dynatraceSampler: anyObject,
  grpc: anyObject,
  traceContextOption: text,
})

const zipkin = object<ZipkinProvider>(
  {
    service: orElse(text, ''),
    port: orElse(count, 0),
    maxTagLength: orElse(count, 0),
    enable64bitTraceId: orElse(flag, false),
    path: orElse(text, ''),
  },
  { ignored: exporting },
)
const opentelemetry = object<OpenTelemetryProvider>(
  {
    service: orElse(text, ''),
    port: orElse(count, 0),
    maxTagLength: orElse(count, 0),
    http: optional(object<{ readonly path: string }>({ path: orElse(text, '') }, { ignored: exporting })),
  },
  { ignored: exporting },
)
/** Ten minutes: a service that hangs must not hold requests for ever (default of Istio). */
const EXT_AUTHZ_TIMEOUT_MS = 600_000

const extAuthz: FieldsOf<ExtAuthzProvider> = {
  service: orElse(text, ''),
  port: orElse(count, 0),
  timeoutMs: from('timeout', orElse(duration, EXT_AUTHZ_TIMEOUT_MS)),
  failOpen: orElse(flag, false),
  clearRouteCache: orElse(flag, false),
  statusOnError: orElse(text, ''),
  includeRequestBodyInCheck: optional(
    object<RequestBodyInCheck>({
      maxRequestBytes: orElse(count, 0),
      allowPartialMessage: orElse(flag, false),
      packAsBytes: orElse(flag, false),
    }),
  ),
}

/** Today's field wins over its older name. */
const includedHeaders: Field<readonly string[]> = combined<
  Record<'includeRequestHeadersInCheck' | 'includeHeadersInCheck', readonly string[]>,
  readonly string[]
>(
  {
    includeRequestHeadersInCheck: listField(nonEmptyText),
    includeHeadersInCheck: deprecated(listField(nonEmptyText), "write 'includeRequestHeadersInCheck'"),
  },
  ({ includeRequestHeadersInCheck: today, includeHeadersInCheck: older }) => (today.length > 0 ? today : older),
)

const extAuthzHttp = object<ExtAuthzHttpProvider>({
  ...extAuthz,
  pathPrefix: orElse(text, ''),
  includeRequestHeadersInCheck: includedHeaders,
  includeAdditionalHeadersInCheck: mapField(text),
  headersToUpstreamOnAllow: listField(nonEmptyText),
  headersToDownstreamOnAllow: listField(nonEmptyText),
  headersToDownstreamOnDeny: listField(nonEmptyText),
})

const fileAccessLog = object<FileAccessLogProvider>({
  path: orElse(nonEmptyText, '/dev/stdout'),
  logFormat: optional(
    object<NonNullable<FileAccessLogProvider['logFormat']>>(
      { text: optional(text), labels: optional(anyObject) },
      { atMostOne: [['text', 'labels']] },
    ),
  ),
  omitEmptyValues: orElse(flag, false),
})

/** Kinds of providers that do nothing here. */
const OTHERS = [
  'lightstep',
  'datadog',
  'stackdriver',
  'opencensus',
  'skywalking',
  'envoyHttpAls',
  'envoyTcpAls',
  'envoyOtelAls',
  'sds',
] as const

/** The kinds of providers, by their fields. */
export const PROVIDER_KINDS = [
  'zipkin',
  'opentelemetry',
  'envoyExtAuthzHttp',
  'envoyExtAuthzGrpc',
  'envoyFileAccessLog',
  'prometheus',
] as const

export const extensionProvider: Shape<ExtensionProvider> = object<ExtensionProvider>(
  {
    name: orElse(nonEmptyText, ''),
    zipkin: optional(zipkin),
    opentelemetry: optional(opentelemetry),
    envoyExtAuthzHttp: optional(extAuthzHttp),
    envoyExtAuthzGrpc: optional(object<ExtAuthzProvider>(extAuthz)),
    envoyFileAccessLog: optional(fileAccessLog),
    prometheus: optional(object<Readonly<Record<never, never>>>({})),
  },
  {
    atMostOne: [[...PROVIDER_KINDS, ...OTHERS]],
    atLeastOne: [...PROVIDER_KINDS, ...OTHERS],
    ignored: ignored('there is no such provider here', Object.fromEntries(OTHERS.map(name => [name, anyObject]))),
  },
)
