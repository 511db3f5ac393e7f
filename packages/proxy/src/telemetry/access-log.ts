import type { AccessLogConfig } from '../model/access-log.ts'
import type { SubstitutionFormat } from '../model/substitution-format.ts'
import { compileFormatter } from './formatter.ts'
import { compileJsonTemplate } from './json-template.ts'
import { compileLogFilter, type LogFilter } from './log-filter.ts'
import type { LogSinks, LineSink } from './log-sinks.ts'
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
  private readonly filter: LogFilter | null

  constructor(config: AccessLogConfig, sinks: LogSinks, random: () => number) {
    this.filter = config.filter === null ? null : compileLogFilter(config.filter, random)
    this.line = lineOf(config.format)
    this.sink = sinks.open(config.sink)
  }

  write(info: StreamInfo): void {
    if (this.filter?.(info) !== false) this.sink.append(this.line(info))
  }
}

export function compileAccessLogs(configs: readonly AccessLogConfig[], sinks: LogSinks, random: () => number): readonly AccessLog[] {
  return configs.map(config => new AccessLog(config, sinks, random))
}

function lineOf(format: SubstitutionFormat): (info: StreamInfo) => string {
  if (format.kind === 'json') {
    const json = compileJsonTemplate(format.fields, format.omitEmpty)
    return info => `${json(info)}\n`
  }
  const formatter = compileFormatter(format.template === '' ? DEFAULT_FORMAT : format.template)
  const absent = format.omitEmpty ? '' : '-'
  return info => formatter.formatLine(info, absent)
}
