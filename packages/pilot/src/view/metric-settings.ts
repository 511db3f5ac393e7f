import type { MetricName, MetricOverride, TelemetrySpec } from '@meshwork/config/kinds'
import { parseTagExpression } from '@meshwork/core/metrics'
import type { MetricSettings, MetricTags } from '../translate/filters/inputs.ts'
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

/** Expressions by label; null: the label is removed. */
type Tags = ReadonlyMap<string, string | null>

/** What Telemetry objects change of the metrics, from the widest to the narrowest. What has no effect, admission has said. */
export function metricSettings(levels: readonly TelemetrySpec[], end: TelemetryEnd): MetricSettings {
  const dropped = new Set<string>()
  const tags = new Map<string, Tags>(Object.values(NAMES).map(name => [name, new Map()]))
  let reportMs = 0
  for (const { overrides, reportingIntervalMs } of levels.flatMap(({ metrics }) => metrics)) {
    reportMs = reportingIntervalMs ?? reportMs
    for (const { match, disabled, tagOverrides } of overrides) {
      if (!isForEnd(match.mode, end) || match.customMetric !== undefined) continue
      for (const name of match.metric === 'ALL_METRICS' ? Object.values(NAMES) : [NAMES[match.metric]]) {
        if (disabled === true) dropped.add(name)
        else if (disabled === false) dropped.delete(name)
        tags.set(name, new Map([...(tags.get(name) ?? []), ...ownTags(tagOverrides)]))
      }
    }
  }
  return { dropped: [...dropped].toSorted(), tags: metricTags(tags), reportMs }
}

/** A label whose expression is not understood stays as it is. */
function ownTags(overrides: MetricOverride['tagOverrides']): readonly (readonly [string, string | null])[] {
  return Object.entries(overrides).flatMap(([tag, { operation, value }]): (readonly [string, string | null])[] => {
    if (operation === 'REMOVE') return [[tag, null]]
    return parseTagExpression(value) === undefined ? [] : [[tag, value]]
  })
}

/** In the order of names, so that equal settings make equal bytes; once for all metrics if they do not differ. */
function metricTags(tags: ReadonlyMap<string, Tags>): readonly MetricTags[] {
  const all = [...tags].map(([metric, ofMetric]) => {
    const sorted = [...ofMetric].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const removed = sorted.flatMap(([tag, expression]) => (expression === null ? [tag] : []))
    const set = sorted.flatMap(([tag, expression]) => (expression === null ? [] : [[tag, expression] as const]))
    return { metric, removed, set }
  })
  const [first] = all
  const text = ({ removed, set }: MetricTags): string => JSON.stringify([removed, set])
  const own = all.filter(({ removed, set }) => removed.length + set.length > 0)
  const same = first !== undefined && all.every(each => text(each) === text(first))
  return same ? own.slice(0, 1).map(each => ({ ...each, metric: '' })) : own
}
