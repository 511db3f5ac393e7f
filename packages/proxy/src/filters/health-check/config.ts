import { HealthCheck } from '@meshwork/protos/envoy/extensions/filters/http/health_check/v3/health_check'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { decodeHeaderMatch } from '../../decode/header-match.ts'
import { durationMs } from '../../decode/scalars.ts'
import { compileHeaderMatch } from '../../route/match-header.ts'
import { healthCheckBlueprint } from './filter.ts'

export const healthCheckCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck',
  decode: codecFor(
    HealthCheck,
    { read: ['passThroughMode', 'cacheTime', 'clusterMinHealthyPercentages', 'headers'], harmless: [] },
    (message, report) => {
      if (message.passThroughMode === undefined) report.at('pass_through_mode').refuse('required', 'must be set')
      const minimums = Object.entries(message.clusterMinHealthyPercentages)
      if (message.passThroughMode === true && minimums.length > 0)
        report.at('cluster_min_healthy_percentages').refuse('contradiction', 'cannot be combined with pass_through_mode')
      if (message.passThroughMode !== true && message.cacheTime !== undefined)
        report.at('cache_time').refuse('contradiction', 'can only be set with pass_through_mode')
      return healthCheckBlueprint({
        passesThrough: message.passThroughMode ?? false,
        cacheMs: durationMs(message.cacheTime, 0, report.at('cache_time')),
        minHealthyPercent: new Map(minimums.map(([name, percent]) => [name, percent.value])),
        conditions: message.headers.map((header, i) => compileHeaderMatch(decodeHeaderMatch(header, report.at('headers', i)))),
      })
    },
  ),
  perRoute: null,
}
