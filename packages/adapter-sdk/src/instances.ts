import type { AttributeValue } from '@meshwork/core/attributes'

/** A value whose type the operator's configuration decided. */
export type InstanceValue = AttributeValue

export interface CheckNothingInstance {
  /** `<instance>.<kind>.<namespace>`, as in all instances below. */
  readonly name: string
}

export interface ListEntryInstance {
  readonly name: string
  readonly value: string
}

export interface MetricInstance {
  readonly name: string
  readonly value: InstanceValue | undefined
  readonly dimensions: ReadonlyMap<string, InstanceValue>
  readonly monitoredResourceType: string
  readonly monitoredResourceDimensions: ReadonlyMap<string, InstanceValue>
}

export interface LogEntryInstance {
  readonly name: string
  readonly variables: ReadonlyMap<string, InstanceValue>
  /** Nanoseconds since the epoch; absent if the configuration sets none. */
  readonly timestamp: bigint | undefined
  readonly severity: string
  readonly monitoredResourceType: string
  readonly monitoredResourceDimensions: ReadonlyMap<string, InstanceValue>
}

export interface QuotaInstance {
  readonly name: string
  readonly dimensions: ReadonlyMap<string, InstanceValue>
}

/** A verdict on a request. OK with neither validity counts as no opinion. */
export interface CheckVerdict {
  /** `google.rpc.Code`; 0 lets pass. */
  readonly code: number
  readonly message: string
  /** How long proxies may keep the verdict, in nanoseconds. */
  readonly validNanos: bigint
  /** For how many requests proxies may use it. */
  readonly validUseCount: number
}

export interface QuotaAsk {
  readonly amount: bigint
  /** Whether less than `amount` may be granted. */
  readonly bestEffort: boolean
  /** The same on a repetition of the same question. */
  readonly dedupId: string
}

export interface QuotaGrant {
  readonly amount: bigint
  readonly validNanos: bigint
}
