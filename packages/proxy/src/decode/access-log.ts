import { messageOf } from '@meshwork/core/result'
import type { AccessLog } from '@meshwork/protos/envoy/config/accesslog/v3/accesslog'
import type { SubstitutionFormatString } from '@meshwork/protos/envoy/config/core/v3/substitution_format_string'
import { FileAccessLog } from '@meshwork/protos/envoy/extensions/access_loggers/file/v3/file'
import { StderrAccessLog, StdoutAccessLog } from '@meshwork/protos/envoy/extensions/access_loggers/stream/v3/stream'
import type { AccessLogConfig } from '../model/access-log.ts'
import type { SubstitutionFormat } from '../model/substitution-format.ts'
import { decodeLogFilter } from './access-log-filter.ts'
import type { Report } from './report.ts'
import { decodeSubstitutionFormat, jsonFormat, textFormat } from './substitution-format.ts'

const FILE = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog'
const STDOUT = 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog'
const STDERR = 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog'

/** Envoy's default format (access log documentation, "Default format string"). */
export const DEFAULT_FORMAT: SubstitutionFormat = {
  kind: 'text',
  template:
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
    '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
    '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n',
  omitEmpty: false,
}

export function decodeAccessLogs(logs: readonly AccessLog[], report: Report): readonly AccessLogConfig[] {
  return logs.flatMap((log, i) => decodeAccessLog(log, report.at('access_log', i)) ?? [])
}

function decodeAccessLog(log: AccessLog, report: Report): AccessLogConfig | null {
  const filter = log.filter === undefined ? null : decodeLogFilter(log.filter, report.at('filter'))
  const config = log.configType?.value
  const inner = report.at('typed_config')
  try {
    switch (config?.typeUrl) {
      case FILE:
        return { filter, ...fileLog(FileAccessLog.decode(config.value), inner) }
      case STDOUT:
        return { filter, ...streamLog(StdoutAccessLog.decode(config.value).accessLogFormat?.value, '/dev/stdout', inner) }
      case STDERR:
        return { filter, ...streamLog(StderrAccessLog.decode(config.value).accessLogFormat?.value, '/dev/stderr', inner) }
      default:
        inner.refuse('unknown-type', `${config?.typeUrl ?? `'${log.name}' without configuration`} is not supported`)
        return null
    }
  } catch (error) {
    inner.refuse('malformed', messageOf(error))
    return null
  }
}

type Sink = Omit<AccessLogConfig, 'filter'>

function fileLog({ path, accessLogFormat: format }: FileAccessLog, report: Report): Sink {
  if (path === '') report.at('path').refuse('required', 'must not be empty')
  const sink = sinkOf(path)
  switch (format?.$case) {
    case undefined:
      return { sink, format: DEFAULT_FORMAT }
    case 'format':
      return { sink, format: format.value === '' ? DEFAULT_FORMAT : textFormat(format.value, false, report.at('format')) }
    case 'logFormat':
      return { sink, format: substitution(format.value, report.at('log_format')) }
    case 'jsonFormat':
      return { sink, format: jsonFormat(format.value, false, report.at('json_format')) }
    case 'typedJsonFormat':
      return { sink, format: jsonFormat(format.value, false, report.at('typed_json_format')) }
  }
}

function streamLog(format: SubstitutionFormatString | undefined, path: string, report: Report): Sink {
  return { sink: sinkOf(path), format: format === undefined ? DEFAULT_FORMAT : substitution(format, report.at('log_format')) }
}

function sinkOf(path: string): AccessLogConfig['sink'] {
  return path === '/dev/stdout' ? { kind: 'stdout' } : { kind: 'file', path }
}

/** No format, and an empty one, mean the default one. */
function substitution(proto: SubstitutionFormatString, report: Report): SubstitutionFormat {
  const format = decodeSubstitutionFormat(proto, report)
  return format === null || (format.kind === 'text' && format.template === '') ? DEFAULT_FORMAT : format
}
