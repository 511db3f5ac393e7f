import type { Result, Violation } from '@meshwork/core/result'

/** How a client understands one type of resource. */
export interface ResourceType<T> {
  readonly typeUrl: string
  /** True for listeners and clusters: what a state-of-the-world response leaves out is deleted. */
  readonly absenceDeletes: boolean
  /** All violations, with paths from the root of the message. Never throws for any bytes. */
  decode(bytes: Uint8Array): Result<T, readonly Violation[]>
}

/** What one response changed. */
export interface ResourceUpdate<T> {
  /** Good resources only. */
  readonly changed: ReadonlyMap<string, T>
  readonly removed: ReadonlySet<string>
  /** Resources that came and were refused. The last good form of them, if there was one, stays. */
  readonly refused: ReadonlySet<string>
}

/** Who uses the resources of a type. `apply` runs before the response is acknowledged; what it throws becomes a NACK. */
export interface ResourceConsumer<T> {
  readonly type: ResourceType<T>
  apply(update: ResourceUpdate<T>): void
}
