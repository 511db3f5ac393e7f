import type { MetricName, TelemetrySpec } from '@meshwork/config/kinds'
import type { MetricSettings } from '../translate/filters/inputs.ts'
import { isForEnd, type TelemetryEnd } from './telemetry-levels.ts'

/** The standard metrics by the names that the API gives them. */
const NAMES: Readonly<Record<Exclude<MetricName, 'ALL_METRICS'>, string>> = {
  REQUEST_COUNT: 'requests_total',
  REQUEST_DURATION: 'request_duration_milliseconds',
  REQUEST_SIZE: 'request_bytes',
  RESPONSE_SIZE: 'response_bytes',
  TCP_OPENED_CONNECTIONS: 'tcp_connections_opened_total',
  TCP_CLOSED_CONNECTIONS: 'tcp_connections_closed_total',
  TCP_SENT_BYTES: 'tcp_sent_bytes_total',
  TCP_RECEIVED_BYTES: 'tcp_received_bytes_total',
  GRPC_REQUEST_MESSAGES: 'request_messages_total',
  GRPC_RESPONSE_MESSAGES: 'response_messages_total',
}

/** What Telemetry objects change of the metrics, from the widest to the narrowest. What has no effect, admission has said. */
export function metricSettings(levels: readonly TelemetrySpec[], end: TelemetryEnd): MetricSettings {
  const dropped = new Set<string>()
  const removedTags = new Set<string>()
  let reportMs = 0
  for (const { overrides, reportingIntervalMs } of levels.flatMap(({ metrics }) => metrics)) {
    reportMs = reportingIntervalMs ?? reportMs
    for (const { match, disabled, tagOverrides } of overrides) {
      if (!isForEnd(match.mode, end) || match.customMetric !== undefined) continue
      for (const name of match.metric === 'ALL_METRICS' ? Object.values(NAMES) : [NAMES[match.metric]]) {
        if (disabled === true) dropped.add(name)
        else if (disabled === false) dropped.delete(name)
      }
      if (match.metric !== 'ALL_METRICS') continue
      for (const [tag, { operation }] of Object.entries(tagOverrides)) {
        if (operation === 'REMOVE') removedTags.add(tag)
        else removedTags.delete(tag)
      }
    }
  }
  return { dropped: [...dropped].toSorted(), removedTags: [...removedTags].toSorted(), reportMs }
}
