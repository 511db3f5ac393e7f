import { messageOf } from '@meshwork/core/result'
import { type Cluster, Cluster_ClusterProtocolSelection } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { HttpProtocolOptions as CommonOptions } from '@meshwork/protos/envoy/config/core/v3/protocol'
import { HttpProtocolOptions } from '@meshwork/protos/envoy/extensions/upstreams/http/v3/http_protocol_options'
import type { ClusterConfig } from '../model/cluster.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

const EXTENSION = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

const OPTION_FIELDS: FieldPolicy<HttpProtocolOptions> = {
  read: ['commonHttpProtocolOptions', 'upstreamProtocolOptions'],
  harmless: ['upstreamHttpProtocolOptions', 'headerValidationConfig'],
}
const COMMON_FIELDS: FieldPolicy<CommonOptions> = {
  read: ['idleTimeout', 'maxRequestsPerConnection'],
  harmless: ['maxHeadersCount', 'headersWithUnderscoresAction'],
}

/** HttpProtocolOptions.idle_timeout of upstream connections: one hour unless set. */
const DEFAULT_IDLE_MS = 3_600_000

/** The protocol to speak and how long to keep connections, from the extension or from the older fields of the cluster. */
export function decodeClusterProtocol(
  cluster: Cluster,
  report: Report,
): Pick<ClusterConfig, 'protocol' | 'idleTimeoutMs' | 'maxRequestsPerConnection'> {
  const inner = report.at(`typed_extension_protocol_options["${EXTENSION}"]`)
  for (const key of Object.keys(cluster.typedExtensionProtocolOptions)) {
    if (key !== EXTENSION) report.at(`typed_extension_protocol_options["${key}"]`).refuse('unknown-type', 'is not supported')
  }
  const extension = decodeExtension(cluster, inner)
  if (extension !== null) refuseOtherFields(extension, OPTION_FIELDS, inner)
  const common = extension?.commonHttpProtocolOptions ?? cluster.commonHttpProtocolOptions
  const commonReport = (extension === null ? report : inner).at('common_http_protocol_options')
  if (common !== undefined) refuseOtherFields(common, COMMON_FIELDS, commonReport)
  return {
    protocol: extension === null ? protocolOfFields(cluster) : protocolOfExtension(extension, inner),
    idleTimeoutMs: durationMs(common?.idleTimeout, DEFAULT_IDLE_MS, commonReport.at('idle_timeout')),
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
  }
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

function protocolOfFields(cluster: Cluster): ClusterConfig['protocol'] {
  if (cluster.protocolSelection === Cluster_ClusterProtocolSelection.USE_DOWNSTREAM_PROTOCOL) return 'use-downstream'
  return cluster.http2ProtocolOptions === undefined ? 'http1' : 'http2'
}

function protocolOfExtension({ upstreamProtocolOptions: options }: HttpProtocolOptions, report: Report): ClusterConfig['protocol'] {
  if (options?.$case === 'useDownstreamProtocolConfig') return 'use-downstream'
  const explicit = options?.$case === 'explicitHttpConfig' ? options.value.protocolConfig?.$case : undefined
  if (explicit === 'http2ProtocolOptions') return 'http2'
  if (explicit === 'httpProtocolOptions') return 'http1'
  report.refuse('unsupported-protocol', `'${explicit ?? options?.$case ?? 'nothing'}' is not supported`)
  return 'http1'
}
