import { err, ok, type Violation, violation } from '@meshwork/core/result'
import { type MetricConfig, PluginConfig } from '@meshwork/protos/stats/config'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Peer } from '../peer-metadata/peer.ts'
import type { ProxyIdentity } from '../table.ts'
import { IstioStatsFilter } from './filter.ts'

export interface IstioStatsConfig {
  readonly self: Peer
  readonly disableHostFallback: boolean
  /** Metrics without their prefix `istio_`. */
  readonly dropped: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}

/** Names as the Telemetry API and Istio's filter have them. */
const METRICS: ReadonlySet<string> = new Set([
  'requests_total',
  'request_duration_milliseconds',
  'request_bytes',
  'response_bytes',
  'request_messages_total',
  'response_messages_total',
])

/** Istio's `istio.stats`: the standard metrics. */
export function istioStatsCodec(identity: () => ProxyIdentity): HttpFilterCodec {
  return {
    typeUrl: 'type.googleapis.com/stats.PluginConfig',
    perRoute: null,
    decode: bytes => {
      const message = PluginConfig.decode(bytes)
      const violations = message.metrics.flatMap(refuse)
      if (message.definitions.length > 0) violations.push(violation('definitions', 'unsupported-field', 'is not supported'))
      if (violations.length > 0) return err(violations)
      const config = {
        disableHostFallback: message.disableHostHeaderFallback,
        dropped: new Set(message.metrics.flatMap(({ name, drop }) => (drop ? (name === '' ? [...METRICS] : [name]) : []))),
        removed: new Set(message.metrics.flatMap(({ name, tagsToRemove }) => (name === '' ? tagsToRemove : []))),
      }
      return ok({ name: 'istio.stats', compile: deps => new IstioStatsFilter({ ...config, self: identity().peer }, deps) })
    },
  }
}

function refuse({ name, dimensions, match, tagsToRemove }: MetricConfig, i: number): Violation[] {
  const at = `metrics[${i}]`
  const found: Violation[] = []
  if (name !== '' && !METRICS.has(name)) found.push(violation(`${at}.name`, 'unknown-value', `'${name}' is no standard metric`))
  if (Object.keys(dimensions).length > 0) found.push(violation(`${at}.dimensions`, 'unsupported-field', 'is not supported'))
  if (match !== '') found.push(violation(`${at}.match`, 'unsupported-field', 'is not supported'))
  if (name !== '' && tagsToRemove.length > 0) {
    found.push(violation(`${at}.tags_to_remove`, 'unsupported-field', 'is supported for all metrics together only'))
  }
  return found
}
