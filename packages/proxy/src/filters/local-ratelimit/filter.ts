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
import type { DescriptorEntry } from '../../route/rate-limit.ts'
import { DescriptorBuckets, type DescriptorLimit } from './descriptor-buckets.ts'
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
  readonly descriptors: readonly DescriptorLimit[]
  /** Of the rules that describe requests. */
  readonly stage: number
  /** The filter's own bucket counts beside that of a descriptor. */
  readonly alwaysTakesDefault: boolean
  readonly perConnection: boolean
  /** `x-ratelimit-limit`, `-remaining`, `-reset`. */
  readonly showsLimits: boolean
  readonly grpcStatus: number
}

const NO_BUCKETS: readonly TokenBucket[] = []

/** Of the filter, or of a route in its place. Owns its tokens: all requests under it share them. */
export class RateLimitSettings {
  readonly fields: RateLimitFields
  private readonly byDescriptor: DescriptorBuckets
  private shared: TokenBucket | null = null
  private readonly byConnection = new WeakMap<ConnectionFacts, TokenBucket>()

  constructor(fields: RateLimitFields) {
    this.fields = fields
    this.byDescriptor = new DescriptorBuckets(fields.descriptors)
  }

  /** Takes a token of every bucket that the request is under; null: it is under none. */
  take(stream: FilterStream, nowMs: number): { readonly allowed: boolean; readonly bucket: TokenBucket } | null {
    const special = this.fields.descriptors.length === 0 ? NO_BUCKETS : this.byDescriptor.for(this.descriptorsOf(stream), nowMs)
    for (const bucket of special) if (!bucket.take(nowMs)) return { allowed: false, bucket }
    const first = special[0] ?? null
    const common = first === null || this.fields.alwaysTakesDefault ? this.bucketFor(stream.connection, nowMs) : null
    if (common === null) return first === null ? null : { allowed: true, bucket: first }
    const allowed = common.take(nowMs)
    return { allowed, bucket: allowed ? (first ?? common) : common }
  }

  private descriptorsOf(stream: FilterStream): readonly (readonly DescriptorEntry[])[] {
    const { stage } = this.fields
    return (stream.route?.rateLimits ?? []).flatMap(rule => {
      const entries = rule.stage === stage ? rule.describe(stream) : null
      return entries === null ? [] : [entries]
    })
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
    const taken = settings.take(stream, now)
    this.count(this.stats.enabled)
    if (taken === null) return CONTINUE
    const { allowed, bucket } = taken
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
