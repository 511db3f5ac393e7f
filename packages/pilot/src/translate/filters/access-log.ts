import { AccessLog } from '@meshwork/protos/envoy/config/accesslog/v3/accesslog'
import { FileAccessLog } from '@meshwork/protos/envoy/extensions/access_loggers/file/v3/file'
import { packAny } from '@meshwork/protos/any'
import { FILE_ACCESS_LOG } from '../envoy/messages.ts'
import type { AccessLogSettings } from './inputs.ts'
import { buildLogFilter } from './log-filter.ts'

/** Istio's fields in Istio's order, so that log parsers keep working. */
const FIELDS: readonly (readonly [name: string, operator: string])[] = [
  ['start_time', '%START_TIME%'],
  ['method', '%REQ(:METHOD)%'],
  ['path', '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%'],
  ['protocol', '%PROTOCOL%'],
  ['response_code', '%RESPONSE_CODE%'],
  ['response_flags', '%RESPONSE_FLAGS%'],
  ['response_code_details', '%RESPONSE_CODE_DETAILS%'],
  ['connection_termination_details', '%CONNECTION_TERMINATION_DETAILS%'],
  ['upstream_transport_failure_reason', '%UPSTREAM_TRANSPORT_FAILURE_REASON%'],
  ['bytes_received', '%BYTES_RECEIVED%'],
  ['bytes_sent', '%BYTES_SENT%'],
  ['duration', '%DURATION%'],
  ['upstream_service_time', '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%'],
  ['x_forwarded_for', '%REQ(X-FORWARDED-FOR)%'],
  ['user_agent', '%REQ(USER-AGENT)%'],
  ['request_id', '%REQ(X-REQUEST-ID)%'],
  ['authority', '%REQ(:AUTHORITY)%'],
  ['upstream_host', '%UPSTREAM_HOST%'],
  ['upstream_cluster', '%UPSTREAM_CLUSTER%'],
  ['upstream_local_address', '%UPSTREAM_LOCAL_ADDRESS%'],
  ['downstream_local_address', '%DOWNSTREAM_LOCAL_ADDRESS%'],
  ['downstream_remote_address', '%DOWNSTREAM_REMOTE_ADDRESS%'],
  ['requested_server_name', '%REQUESTED_SERVER_NAME%'],
  ['route_name', '%ROUTE_NAME%'],
]

const QUOTED = new Set(['upstream_transport_failure_reason', 'x_forwarded_for', 'user_agent', 'request_id', 'authority', 'upstream_host'])

export function buildAccessLogs(logs: readonly AccessLogSettings[]): AccessLog[] {
  return logs.filter(({ path }) => path !== '').map(buildAccessLog)
}

function buildAccessLog(settings: AccessLogSettings): AccessLog {
  const log = FileAccessLog.fromPartial({ path: settings.path, accessLogFormat: { $case: 'logFormat', value: logFormat(settings) } })
  return AccessLog.fromPartial({
    name: 'envoy.access_loggers.file',
    ...(settings.filter === null ? {} : { filter: buildLogFilter(settings.filter) }),
    configType: { $case: 'typedConfig', value: packAny(FILE_ACCESS_LOG, log) },
  })
}

type LogFormat = {
  format:
    | { $case: 'textFormatSource'; value: { specifier: { $case: 'inlineString'; value: string } } }
    | { $case: 'jsonFormat'; value: Record<string, unknown> }
}

function logFormat(settings: AccessLogSettings): LogFormat {
  if (settings.encoding === 'JSON') {
    const own = settings.format === '' ? undefined : parseObject(settings.format)
    return { format: { $case: 'jsonFormat', value: own ?? Object.fromEntries(FIELDS) } }
  }
  const text = settings.format === '' ? defaultText() : withNewline(settings.format)
  return { format: { $case: 'textFormatSource', value: { specifier: { $case: 'inlineString', value: text } } } }
}

/** undefined for text that is no JSON object; the defaults are then better than no log. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function defaultText(): string {
  const [time = '', method = '', path = '', protocol = '', ...rest] = FIELDS.map(([name, operator]) =>
    QUOTED.has(name) ? `"${operator}"` : operator,
  )
  return `[${time}] "${method} ${path} ${protocol}" ${rest.join(' ')}\n`
}

function withNewline(format: string): string {
  return format.endsWith('\n') ? format : `${format}\n`
}
