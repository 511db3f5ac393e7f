import { parseTagExpression } from '@meshwork/core/metrics'
import { err, ok, type Result, type Violation, violation } from '@meshwork/core/result'
import { type MetricConfig, PluginConfig } from '@meshwork/protos/stats/config'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { durationMs } from '../../decode/scalars.ts'
import type { NetworkFilterCodec } from '../../network-filters/codec.ts'
import type { Peer } from '../peer-metadata/peer.ts'
import type { ProxyIdentity } from '../table.ts'
import { IstioStatsFilter } from './filter.ts'
import { OwnTags, type TagChange } from './own-tags.ts'
import { IstioTcpStats } from './tcp-filter.ts'

export interface IstioStatsConfig {
  readonly self: Peer
  readonly disableHostFallback: boolean
  /** Metrics without their prefix `istio_`. */
  readonly dropped: ReadonlySet<string>
  readonly tags: OwnTags
}

/** Names as the Telemetry API and Istio's filter have them. */
const METRICS: ReadonlySet<string> = new Set([
  'requests_total',
  'request_duration_milliseconds',
  'request_bytes',
  'response_bytes',
  'request_messages_total',
  'response_messages_total',
  'tcp_connections_opened_total',
  'tcp_connections_closed_total',
  'tcp_sent_bytes_total',
  'tcp_received_bytes_total',
])

/** Istio's `tcp_reporting_duration` where nothing is said. */
const TCP_REPORT_MS = 15_000

const ISTIO_STATS = 'istio.stats'
const STATS_TYPE = 'type.googleapis.com/stats.PluginConfig'

/** Istio's `istio.stats`: the standard metrics. */
export function istioStatsCodec(identity: () => ProxyIdentity): HttpFilterCodec {
  return {
    typeUrl: STATS_TYPE,
    perRoute: null,
    decode: bytes => {
      const settings = decodeStats(PluginConfig.decode(bytes))
      if (settings.kind === 'err') return settings
      return ok({ name: ISTIO_STATS, compile: deps => new IstioStatsFilter({ ...settings.value, self: identity().peer }, deps) })
    },
  }
}

/** The same for connections whose bytes are opaque: stands before a TCP proxy. */
export function istioTcpStatsCodec(identity: () => ProxyIdentity): NetworkFilterCodec {
  return {
    typeUrl: STATS_TYPE,
    decode: (bytes, report) => {
      const message = PluginConfig.decode(bytes)
      const settings = decodeStats(message)
      if (settings.kind === 'err') for (const { path, code, message: text } of settings.error) report.at(path).refuse(code, text)
      const reportMs = durationMs(message.tcpReportingDuration, TCP_REPORT_MS, report.at('tcp_reporting_duration'))
      const config = settings.kind === 'ok' ? settings.value : NO_SETTINGS
      return {
        kind: 'filter',
        name: ISTIO_STATS,
        compile: (deps, listener) => new IstioTcpStats({ ...config, self: identity().peer, reportMs }, deps, listener),
      }
    },
  }
}

type StatsSettings = Omit<IstioStatsConfig, 'self'>

const NO_SETTINGS: StatsSettings = { disableHostFallback: false, dropped: new Set(), tags: new OwnTags(new Map()) }

function decodeStats(message: PluginConfig): Result<StatsSettings, readonly Violation[]> {
  const violations = message.metrics.flatMap(refuse)
  if (message.definitions.length > 0) violations.push(violation('definitions', 'unsupported-field', 'is not supported'))
  if (violations.length > 0) return err(violations)
  return ok({
    disableHostFallback: message.disableHostHeaderFallback,
    dropped: new Set(message.metrics.flatMap(({ name, drop }) => (drop ? (name === '' ? [...METRICS] : [name]) : []))),
    tags: new OwnTags(tagChanges(message.metrics)),
  })
}

/** By metric; later entries win over earlier ones. */
function tagChanges(metrics: readonly MetricConfig[]): ReadonlyMap<string, TagChange> {
  const changes = new Map<string, TagChange>()
  for (const { name, dimensions, tagsToRemove } of metrics) {
    if (Object.keys(dimensions).length + tagsToRemove.length === 0) continue
    for (const metric of name === '' ? METRICS : [name]) {
      const before = changes.get(metric)
      changes.set(metric, {
        removed: new Set([...(before?.removed ?? []), ...tagsToRemove]),
        set: new Map([...(before?.set ?? []), ...Object.entries(dimensions)]),
      })
    }
  }
  return changes
}

function refuse({ name, dimensions, match }: MetricConfig, i: number): Violation[] {
  const at = `metrics[${i}]`
  const found: Violation[] = []
  if (name !== '' && !METRICS.has(name)) found.push(violation(`${at}.name`, 'unknown-value', `'${name}' is no standard metric`))
  for (const [tag, expression] of Object.entries(dimensions)) {
    if (parseTagExpression(expression) !== undefined) continue
    found.push(violation(`${at}.dimensions.${tag}`, 'unsupported-expression', `'${expression}' is not understood`))
  }
  if (match !== '') found.push(violation(`${at}.match`, 'unsupported-field', 'is not supported'))
  return found
}
