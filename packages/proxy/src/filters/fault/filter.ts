import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { ResponseFlag } from '../../http/response-flags.ts'
import {
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  PAUSE,
  REPLIED,
} from '../filter.ts'
import { FaultStats } from './fault-stats.ts'
import { ResponseBrake } from './response-brake.ts'
import { type AbortFault, type DelayFault, type FaultFields, FaultSettings, type RateFault, type Share } from './settings.ts'

export const FAULT_FILTER = 'envoy.filters.http.fault'

export function faultBlueprint(settings: FaultSettings): FilterBlueprint {
  return { name: FAULT_FILTER, compile: deps => new FaultFilter(settings.fields, deps) }
}

/** The faults of one request. */
class FaultRequest implements TimerOwner {
  readonly fields: FaultFields
  brake: ResponseBrake | null = null
  /** Faults of this request that count as active. */
  active = 0
  private readonly filter: FaultFilter
  private readonly stream: FilterStream
  readonly timer: WheelTimer = new WheelTimer(this, 0)

  constructor(filter: FaultFilter, stream: FilterStream, fields: FaultFields) {
    this.filter = filter
    this.stream = stream
    this.fields = fields
  }

  onTimer(): void {
    this.filter.afterDelay(this.stream, this)
  }
}

/** Delays and aborts requests, and slows down responses (`envoy.extensions.filters.http.fault.v3.HTTPFault`). */
class FaultFilter implements HttpFilter {
  private readonly own: FaultFields
  private readonly deps: FilterDeps
  private readonly stats: FaultStats

  constructor(own: FaultFields, deps: FilterDeps) {
    this.own = own
    this.deps = deps
    this.stats = new FaultStats(deps.stats)
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const settings = stream.settings(this.deps.slot)
    const fields = settings instanceof FaultSettings ? settings.fields : this.own
    if (!applies(fields, stream)) return CONTINUE
    const request = new FaultRequest(this, stream, fields)
    stream.setState(this.deps.slot, request)
    this.slowDown(stream, request)
    const delayMs = fields.delay === null ? 0 : this.delayOf(fields.delay, stream)
    if (delayMs > 0 && this.begin(request)) {
      this.stats.delayed()
      stream.flags |= ResponseFlag.delayInjected
      this.say(stream, fields)
      this.deps.wheel.set(request.timer, delayMs)
      return PAUSE
    }
    return this.abort(stream, request) ? REPLIED : CONTINUE
  }

  onResponseData(stream: FilterStream, chunk: Buffer): FilterStatus {
    return this.requestOf(stream)?.brake?.onData(chunk) ?? CONTINUE
  }

  onComplete(stream: FilterStream): void {
    const request = this.requestOf(stream)
    if (request === null) return
    this.deps.wheel.clear(request.timer)
    request.brake?.close()
    this.stats.active(-request.active)
  }

  afterDelay(stream: FilterStream, request: FaultRequest): void {
    if (!this.abort(stream, request)) stream.resumeRequest(this.deps.slot)
  }

  private requestOf(stream: FilterStream): FaultRequest | null {
    const state = stream.state(this.deps.slot)
    return state instanceof FaultRequest ? state : null
  }

  private delayOf(delay: DelayFault, stream: FilterStream): number {
    if (!this.draws(delay.share, stream.requestHeaders.get('x-envoy-fault-delay-request-percentage'))) return 0
    return delay.fixedMs ?? number(stream.requestHeaders.get('x-envoy-fault-delay-request')) ?? 0
  }

  private abort(stream: FilterStream, request: FaultRequest): boolean {
    const { abort } = request.fields
    if (abort === null || !this.draws(abort.share, stream.requestHeaders.get('x-envoy-fault-abort-request-percentage'))) return false
    const status = statusOf(abort, stream)
    if (status === null || !this.begin(request)) return false
    this.stats.aborted()
    this.say(stream, request.fields)
    stream.reply(status.http, 'fault filter abort', ResponseFlag.faultInjected, 'fault_filter_abort', [], status.grpc)
    return true
  }

  private slowDown(stream: FilterStream, request: FaultRequest): void {
    const { rate } = request.fields
    if (rate === null) return
    const kbps = this.rateOf(rate, stream)
    if (kbps <= 0 || !this.begin(request)) return
    this.stats.slowed()
    request.brake = new ResponseBrake(stream, this.deps, kbps)
  }

  private rateOf(rate: RateFault, stream: FilterStream): number {
    if (!this.draws(rate.share, stream.requestHeaders.get('x-envoy-fault-throughput-response-percentage'))) return 0
    return rate.fixedKbps ?? number(stream.requestHeaders.get('x-envoy-fault-throughput-response')) ?? 0
  }

  /** A request's header may lower the configured share, not raise it. */
  private draws(share: Share, asked: string | null): boolean {
    const wanted = asked === null ? null : number(asked)
    const ppm = wanted === null ? share.ppm : Math.min(wanted, share.numerator) * share.unitPpm
    return ppm > 0 && (ppm >= 1_000_000 || this.deps.random() * 1_000_000 < ppm)
  }

  private begin(request: FaultRequest): boolean {
    if (request.fields.maxActive !== null && this.stats.activeNow >= request.fields.maxActive) {
      this.stats.overflowed()
      return false
    }
    request.active++
    this.stats.active(1)
    return true
  }

  private say(stream: FilterStream, { metadata }: FaultFields): void {
    if (metadata !== null) stream.mergeDynamicMetadata(FAULT_FILTER, metadata)
  }
}

function applies(fields: FaultFields, stream: FilterStream): boolean {
  if (fields.delay === null && fields.abort === null && fields.rate === null) return false
  if (fields.cluster !== '' && fields.cluster !== stream.clusterName) return false
  if (fields.downstreamNodes.size > 0) {
    const node = stream.requestHeaders.get('x-envoy-downstream-service-node')
    if (node === null || !fields.downstreamNodes.has(node)) return false
  }
  return fields.conditions.every(holds => holds(stream))
}

/** A fault in gRPC's terms is 200 for all other clients. */
function statusOf(abort: AbortFault, stream: FilterStream): { readonly http: number; readonly grpc: number } | null {
  if (abort.httpStatus !== null) return { http: abort.httpStatus, grpc: -1 }
  if (abort.grpcStatus !== null) return { http: 200, grpc: abort.grpcStatus }
  const http = number(stream.requestHeaders.get('x-envoy-fault-abort-request'))
  if (http !== null && http >= 200 && http < 600) return { http, grpc: -1 }
  const grpc = number(stream.requestHeaders.get('x-envoy-fault-abort-grpc-request'))
  return grpc === null ? null : { http: 200, grpc }
}

/** A decimal integer that is not negative, or null. */
function number(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null
}
