import type { AccessLogConfig } from '../model/access-log.ts'
import { compileFormatter, type Formatter } from './formatter.ts'
import type { LogSinks, LineSink } from './log-sinks.ts'
import { NUMERIC_OPERATORS } from './operators.ts'
import type { StreamInfo } from './stream-info.ts'

/** Istio's and Envoy's line when the configuration leaves the format empty. */
export const DEFAULT_FORMAT: string =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n'

/** One access log of a listener: a compiled format and the sink its lines go to. */
export class AccessLog {
  private readonly line: (info: StreamInfo) => string
  private readonly sink: LineSink

  constructor(config: AccessLogConfig, sinks: LogSinks) {
    this.line = config.format.kind === 'text' ? textLine(config.format.template) : jsonLine(config.format.fields)
    this.sink = sinks.open(config.sink)
  }

  write(info: StreamInfo): void {
    this.sink.append(this.line(info))
  }
}

export function compileAccessLogs(configs: readonly AccessLogConfig[], sinks: LogSinks): readonly AccessLog[] {
  return configs.map(config => new AccessLog(config, sinks))
}

function textLine(template: string): (info: StreamInfo) => string {
  const formatter = compileFormatter(template === '' ? DEFAULT_FORMAT : template)
  return info => formatter.format(info, '-')
}

function jsonLine(fields: Readonly<Record<string, string>>): (info: StreamInfo) => string {
  const parts = Object.entries(fields).map(([name, template]) => ({
    key: JSON.stringify(name),
    formatter: compileFormatter(template),
    numeric: NUMERIC_OPERATORS.has(/^%([A-Z_]+)%$/.exec(template)?.[1] ?? ''),
  }))
  return info => `{${parts.map(part => `${part.key}:${jsonValue(part.formatter, part.numeric, info)}`).join(',')}}\n`
}

function jsonValue(formatter: Formatter, numeric: boolean, info: StreamInfo): string {
  const single = formatter.single(info)
  if (single === null) return 'null'
  if (single !== undefined) return numeric ? single : JSON.stringify(single)
  return JSON.stringify(formatter.format(info, '-'))
}
