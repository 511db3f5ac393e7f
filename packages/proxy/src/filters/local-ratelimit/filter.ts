import type { Slot, StatScope } from '@meshwork/core/metrics'
import { ResponseFlag } from '../../http/response-flags.ts'
import type { HeaderEdits } from '../../route/header-mutations.ts'
import {
  type ConnectionFacts,
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  REPLIED,
} from '../filter.ts'
import { type BucketConfig, TokenBucket } from './token-bucket.ts'

interface RateLimitFields {
  readonly statPrefix: string
  readonly status: number
  /** null: no limit here. */
  readonly bucket: BucketConfig | null
  /** Parts of a million. */
  readonly enabledPpm: number
  readonly enforcedPpm: number
  readonly requestEdits: HeaderEdits | null
  readonly responseEdits: HeaderEdits | null
  readonly perConnection: boolean
  /** `x-ratelimit-limit`, `-remaining`, `-reset`. */
  readonly showsLimits: boolean
  readonly grpcStatus: number
}

/** Of the filter, or of a route in its place. Owns its tokens: all requests under it share them. */
export class RateLimitSettings {
  readonly fields: RateLimitFields
  private shared: TokenBucket | null = null
  private readonly byConnection = new WeakMap<ConnectionFacts, TokenBucket>()

  constructor(fields: RateLimitFields) {
    this.fields = fields
  }

  bucketFor(connection: ConnectionFacts, nowMs: number): TokenBucket | null {
    const { bucket, perConnection } = this.fields
    if (bucket === null) return null
    if (!perConnection) return (this.shared ??= new TokenBucket(bucket, nowMs))
    const known = this.byConnection.get(connection) ?? new TokenBucket(bucket, nowMs)
    this.byConnection.set(connection, known)
    return known
  }
}

export function localRateLimitBlueprint(settings: RateLimitSettings): FilterBlueprint {
  return { name: 'envoy.filters.http.local_ratelimit', compile: deps => new LocalRateLimitFilter(settings, deps) }
}

/** What the response must say about a request. */
class LimitedRequest {
  readonly bucket: TokenBucket
  readonly remaining: number
  readonly resetSeconds: number
  readonly refused: HeaderEdits | null
  readonly showsLimits: boolean

  constructor(bucket: TokenBucket, refused: HeaderEdits | null, showsLimits: boolean) {
    this.bucket = bucket
    this.remaining = bucket.remaining
    this.resetSeconds = bucket.resetSeconds
    this.refused = refused
    this.showsLimits = showsLimits
  }
}

/** `envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit` */
class LocalRateLimitFilter implements HttpFilter {
  private readonly own: RateLimitSettings
  private readonly deps: FilterDeps
  private readonly stats: {
    readonly scope: StatScope
    readonly enabled: Slot
    readonly ok: Slot
    readonly limited: Slot
    readonly enforced: Slot
  }

  constructor(own: RateLimitSettings, deps: FilterDeps) {
    this.own = own
    this.deps = deps
    const { statPrefix } = own.fields
    const labels = { envoy_local_http_ratelimit_prefix: statPrefix }
    const scope = deps.stats.registry.scope(`${statPrefix}.http_local_rate_limit.`, 'envoy_http_local_rate_limit_', labels)
    this.stats = {
      scope,
      enabled: scope.counter('enabled'),
      ok: scope.counter('ok'),
      limited: scope.counter('rate_limited'),
      enforced: scope.counter('enforced'),
    }
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const given = stream.settings(this.deps.slot)
    const settings = given instanceof RateLimitSettings ? given : this.own
    const { fields } = settings
    if (!this.draws(fields.enabledPpm)) return CONTINUE
    const now = this.deps.clock.monotonicMs()
    const bucket = settings.bucketFor(stream.connection, now)
    this.count(this.stats.enabled)
    if (bucket === null) return CONTINUE
    const allowed = bucket.take(now)
    this.count(allowed ? this.stats.ok : this.stats.limited)
    const enforced = !allowed && this.draws(fields.enforcedPpm)
    if (fields.showsLimits || enforced)
      stream.setState(this.deps.slot, new LimitedRequest(bucket, enforced ? fields.responseEdits : null, fields.showsLimits))
    if (allowed) return CONTINUE
    if (!enforced) {
      fields.requestEdits?.apply(stream.requestHeaders, stream)
      return CONTINUE
    }
    this.count(this.stats.enforced)
    stream.reply(fields.status, 'local_rate_limited', ResponseFlag.rateLimited, 'local_rate_limited', [], fields.grpcStatus)
    return REPLIED
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    const request = stream.state(this.deps.slot)
    const headers = stream.responseHeaders
    if (!(request instanceof LimitedRequest) || headers === null) return CONTINUE
    request.refused?.apply(headers, stream)
    if (request.showsLimits) {
      headers.set('x-ratelimit-limit', String(request.bucket.config.maxTokens))
      headers.set('x-ratelimit-remaining', String(request.remaining))
      headers.set('x-ratelimit-reset', String(request.resetSeconds))
    }
    return CONTINUE
  }

  private count(slot: Slot): void {
    this.stats.scope.registry.add(slot, 1)
  }

  private draws(ppm: number): boolean {
    return ppm > 0 && (ppm >= 1_000_000 || this.deps.random() * 1_000_000 < ppm)
  }
}
