import type { SubstitutionFormatString } from '@meshwork/protos/envoy/config/core/v3/substitution_format_string'
import type {
  LocalReplyConfig as ProtoLocalReplyConfig,
  ResponseMapper,
} from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { type BodyFormatConfig, type LocalReplyConfig, type LocalReplyMapperConfig, PLAIN_LOCAL_REPLIES } from '../model/local-reply.ts'
import { decodeLogFilter } from './access-log-filter.ts'
import { inlineText } from './data-source.ts'
import { decodeHeaderMutations } from './header-mutations.ts'
import type { Report } from './report.ts'
import { decodeSubstitutionFormat } from './substitution-format.ts'

export function decodeLocalReplies(config: ProtoLocalReplyConfig | undefined, report: Report): LocalReplyConfig {
  if (config === undefined) return PLAIN_LOCAL_REPLIES
  return {
    mappers: config.mappers.map((mapper, i) => decodeMapper(mapper, report.at('mappers', i))),
    bodyFormat: decodeBodyFormat(config.bodyFormat, report.at('body_format')),
  }
}

function decodeMapper(mapper: ResponseMapper, report: Report): LocalReplyMapperConfig {
  const { statusCode } = mapper
  if (statusCode !== undefined && (statusCode < 200 || statusCode > 599)) {
    report.at('status_code').refuse('bad-status', 'must be between 200 and 599')
  }
  return {
    filter: decodeLogFilter(mapper.filter, report.at('filter')),
    status: statusCode ?? null,
    body: mapper.body === undefined ? null : inlineText(mapper.body, report.at('body')),
    bodyFormat: decodeBodyFormat(mapper.bodyFormatOverride, report.at('body_format_override')),
    headers: decodeHeaderMutations(
      { requestHeadersToAdd: mapper.headersToAdd, requestHeadersToRemove: [], responseHeadersToAdd: [], responseHeadersToRemove: [] },
      report,
    ).requestAdd,
  }
}

function decodeBodyFormat(format: SubstitutionFormatString | undefined, report: Report): BodyFormatConfig | null {
  if (format === undefined) return null
  const decoded = decodeSubstitutionFormat(format, report)
  if (decoded === null) report.refuse('required', 'must have a format')
  return decoded === null ? null : { contentType: format.contentType, format: decoded }
}
