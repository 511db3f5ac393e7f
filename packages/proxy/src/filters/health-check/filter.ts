import { ResponseFlag } from '../../http/response-flags.ts'
import type { RequestPredicate } from '../../route/match-header.ts'
import {
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  REPLIED,
} from '../filter.ts'

export interface HealthCheckFields {
  /** The upstream answers, or what it answered last; else the filter itself does. */
  readonly passesThrough: boolean
  /** How long the upstream's answer is repeated. 0: not at all. */
  readonly cacheMs: number
  /** By cluster, how many of its hosts must be healthy. */
  readonly minHealthyPercent: ReadonlyMap<string, number>
  /** Which requests are health checks. */
  readonly conditions: readonly RequestPredicate[]
}

export function healthCheckBlueprint(fields: HealthCheckFields): FilterBlueprint {
  return { name: 'envoy.filters.http.health_check', compile: deps => new HealthCheckFilter(fields, deps) }
}

/** `envoy.extensions.filters.http.health_check.v3.HealthCheck` */
class HealthCheckFilter implements HttpFilter {
  private readonly fields: HealthCheckFields
  private readonly deps: FilterDeps
  /** The upstream's last answer and until when it holds. */
  private cached = { status: 0, untilMs: 0 }

  constructor(fields: HealthCheckFields, deps: FilterDeps) {
    this.fields = fields
    this.deps = deps
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    if (!this.fields.conditions.every(holds => holds(stream))) return CONTINUE
    if (this.deps.health.failed) return answer(stream, 503)
    if (!this.fields.passesThrough) return answer(stream, this.clustersAreHealthy() ? 200 : 503)
    if (this.fields.cacheMs > 0 && this.deps.clock.monotonicMs() < this.cached.untilMs)
      return answer(stream, this.cached.status, 'health_check_cached')
    stream.setState(this.deps.slot, true)
    return CONTINUE
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    // Others learn from ordinary answers that this proxy leaves the rotation; our own answer to a check says it by its status.
    if (this.deps.health.failed && !this.fields.conditions.every(holds => holds(stream))) {
      stream.responseHeaders?.set('x-envoy-immediate-health-check-fail', 'true')
    }
    if (stream.state(this.deps.slot) === true && this.fields.cacheMs > 0)
      this.cached = { status: stream.status, untilMs: this.deps.clock.monotonicMs() + this.fields.cacheMs }
    return CONTINUE
  }

  private clustersAreHealthy(): boolean {
    for (const [name, percent] of this.fields.minHealthyPercent) {
      const health = this.deps.clusterHealth(name)
      if (health === null) return false
      // A cluster without hosts is healthy only if nothing is asked of it.
      if (health.total === 0 ? percent > 0 : (health.healthy * 100) / health.total < percent) return false
    }
    return true
  }
}

function answer(stream: FilterStream, status: number, details = status === 200 ? 'health_check_ok' : 'health_check_failed'): FilterStatus {
  const failed = status !== 200
  stream.reply(status, '', failed ? ResponseFlag.failedLocalHealthCheck : 0, details)
  return REPLIED
}
