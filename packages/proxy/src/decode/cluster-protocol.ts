import { messageOf } from '@meshwork/core/result'
import { type Cluster, Cluster_ClusterProtocolSelection } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type {
  HttpProtocolOptions as CommonOptions,
  Http1ProtocolOptions,
  Http2ProtocolOptions,
  UpstreamHttpProtocolOptions,
} from '@meshwork/protos/envoy/config/core/v3/protocol'
import { HttpProtocolOptions } from '@meshwork/protos/envoy/extensions/upstreams/http/v3/http_protocol_options'
import type { AutoNames, ClusterConfig } from '../model/cluster.ts'
import { decodeHttp1ClientOptions } from './http1-options.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeHttp2Options } from './http2-options.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

const EXTENSION = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

const OPTION_FIELDS: FieldPolicy<HttpProtocolOptions> = {
  read: ['commonHttpProtocolOptions', 'upstreamProtocolOptions', 'upstreamHttpProtocolOptions'],
  harmless: ['headerValidationConfig'],
}
const COMMON_FIELDS: FieldPolicy<CommonOptions> = {
  read: ['idleTimeout', 'maxRequestsPerConnection', 'maxConnectionDuration', 'maxHeadersCount', 'maxStreamDuration'],
  harmless: ['headersWithUnderscoresAction'],
}

/** HttpProtocolOptions.idle_timeout of upstream connections: one hour unless set. */
const DEFAULT_IDLE_MS = 3_600_000

/** What a configuration says of the protocols, before it is understood, and where it says so. */
interface Selection {
  readonly protocol: ClusterConfig['protocol']
  readonly http1: Http1ProtocolOptions | undefined
  readonly http2: Http2ProtocolOptions | undefined
  readonly report: Report
}

/** The protocol to speak and how long to keep connections, from the extension or from the older fields of the cluster. */
export function decodeClusterProtocol(
  cluster: Cluster,
  report: Report,
): Pick<
  ClusterConfig,
  'autoNames' | 'protocol' | 'http2' | 'http1' | 'idleTimeoutMs' | 'maxConnectionAgeMs' | 'maxStreamDurationMs' | 'maxRequestsPerConnection'
> {
  const inner = report.at(`typed_extension_protocol_options["${EXTENSION}"]`)
  for (const key of Object.keys(cluster.typedExtensionProtocolOptions)) {
    if (key !== EXTENSION) report.at(`typed_extension_protocol_options["${key}"]`).refuse('unknown-type', 'is not supported')
  }
  const extension = decodeExtension(cluster, inner)
  if (extension !== null) refuseOtherFields(extension, OPTION_FIELDS, inner)
  const common = extension?.commonHttpProtocolOptions ?? cluster.commonHttpProtocolOptions
  const commonReport = (extension === null ? report : inner).at('common_http_protocol_options')
  if (common !== undefined) refuseOtherFields(common, COMMON_FIELDS, commonReport)
  const selection = extension === null ? selectionOfFields(cluster, report) : selectionOfExtension(extension, inner)
  return {
    autoNames: autoNamesOf(extension?.upstreamHttpProtocolOptions ?? cluster.upstreamHttpProtocolOptions),
    protocol: selection.protocol,
    http2: decodeHttp2Options(selection.http2, selection.report.at('http2_protocol_options')),
    http1: decodeHttp1ClientOptions(selection.http1, common, selection.report.at('http_protocol_options')),
    idleTimeoutMs: durationMs(common?.idleTimeout, DEFAULT_IDLE_MS, commonReport.at('idle_timeout')),
    maxConnectionAgeMs: durationMs(common?.maxConnectionDuration, 0, commonReport.at('max_connection_duration')),
    maxStreamDurationMs: durationMs(common?.maxStreamDuration, 0, commonReport.at('max_stream_duration')),
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
  }
}

function autoNamesOf(options: UpstreamHttpProtocolOptions | undefined): AutoNames | null {
  if (options === undefined || (!options.autoSni && !options.autoSanValidation)) return null
  return { serverName: options.autoSni, validation: options.autoSanValidation, header: options.overrideAutoSniHeader.toLowerCase() }
}

function decodeExtension(cluster: Cluster, report: Report): HttpProtocolOptions | null {
  const extension = cluster.typedExtensionProtocolOptions[EXTENSION]
  if (extension === undefined) return null
  try {
    return HttpProtocolOptions.decode(extension.value)
  } catch (error) {
    report.refuse('malformed', messageOf(error))
    return null
  }
}

function selectionOfFields(cluster: Cluster, report: Report): Selection {
  const { httpProtocolOptions: http1, http2ProtocolOptions: http2 } = cluster
  const follows = cluster.protocolSelection === Cluster_ClusterProtocolSelection.USE_DOWNSTREAM_PROTOCOL
  return { protocol: follows ? 'use-downstream' : http2 === undefined ? 'http1' : 'http2', http1, http2, report }
}

function selectionOfExtension({ upstreamProtocolOptions: options }: HttpProtocolOptions, report: Report): Selection {
  switch (options?.$case) {
    case 'explicitHttpConfig':
      return selectionOfExplicit(options.value.protocolConfig, report.at('explicit_http_config'))
    case 'useDownstreamProtocolConfig': {
      const { httpProtocolOptions: http1, http2ProtocolOptions: http2, http3ProtocolOptions: http3 } = options.value
      const inner = report.at('use_downstream_protocol_config')
      if (http3 !== undefined) inner.at('http3_protocol_options').refuse('unsupported-protocol', 'HTTP/3 is not supported')
      return { protocol: 'use-downstream', http1, http2, report: inner }
    }
    case 'autoConfig': {
      const { httpProtocolOptions: http1, http2ProtocolOptions: http2, http3ProtocolOptions: http3 } = options.value
      const inner = report.at('auto_config')
      if (http3 !== undefined) inner.at('http3_protocol_options').refuse('unsupported-protocol', 'HTTP/3 is not supported')
      return { protocol: 'auto', http1, http2, report: inner }
    }
    default:
      report.refuse('required', 'upstream_protocol_options must be set')
      return { protocol: 'http1', http1: undefined, http2: undefined, report }
  }
}

type Explicit = Extract<
  NonNullable<HttpProtocolOptions['upstreamProtocolOptions']>,
  { $case: 'explicitHttpConfig' }
>['value']['protocolConfig']

function selectionOfExplicit(config: Explicit, report: Report): Selection {
  switch (config?.$case) {
    case 'httpProtocolOptions':
      return { protocol: 'http1', http1: config.value, http2: undefined, report }
    case 'http2ProtocolOptions':
      return { protocol: 'http2', http1: undefined, http2: config.value, report }
    default:
      report.refuse('unsupported-protocol', `'${config?.$case ?? 'nothing'}' is not supported`)
      return { protocol: 'http1', http1: undefined, http2: undefined, report }
  }
}
