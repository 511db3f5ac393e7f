import type { RequestPredicate } from '../../route/match-header.ts'

/** Which requests a fault is for. */
export interface Share {
  /** Parts of a million. */
  readonly ppm: number
  /** As configured; a request's header may ask for less, in the same unit. */
  readonly numerator: number
  readonly unitPpm: number
}

export interface DelayFault {
  /** null: what the request's header says. */
  readonly fixedMs: number | null
  readonly share: Share
}

/** Both null: what the request's header says. */
export interface AbortFault {
  readonly httpStatus: number | null
  readonly grpcStatus: number | null
  readonly share: Share
}

export interface RateFault {
  /** KiB a second. null: what the request's header says. */
  readonly fixedKbps: number | null
  readonly share: Share
}

export interface FaultFields {
  readonly delay: DelayFault | null
  readonly abort: AbortFault | null
  readonly rate: RateFault | null
  /** Requests to this cluster only; empty: to any. */
  readonly cluster: string
  /** `x-envoy-downstream-service-node`; empty: any. */
  readonly downstreamNodes: ReadonlySet<string>
  readonly conditions: readonly RequestPredicate[]
  readonly maxActive: number | null
  /** Said about each request that got a fault. */
  readonly metadata: Readonly<Record<string, unknown>> | null
}

/** Of the filter, or of a route in its place. */
export class FaultSettings {
  readonly fields: FaultFields

  constructor(fields: FaultFields) {
    this.fields = fields
  }
}
