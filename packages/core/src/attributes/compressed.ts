/** Seconds and nanoseconds, the shape of `google.protobuf.Timestamp` and `Duration`. */
export interface SecondsNanos {
  seconds: bigint
  nanos: number
}

/** Same shape as `istio.mixer.v1.CompressedAttributes`; the numbers that are not values are word indices (mixer.md 1.1). */
export interface CompressedAttributes {
  words: string[]
  strings: { [name: number]: number }
  int64s: { [name: number]: bigint }
  doubles: { [name: number]: number }
  bools: { [name: number]: boolean }
  timestamps: { [name: number]: SecondsNanos }
  durations: { [name: number]: SecondsNanos }
  bytes: { [name: number]: Uint8Array }
  stringMaps: { [name: number]: { entries: { [key: number]: number } } }
}

export function emptyCompressed(words: string[] = []): CompressedAttributes {
  return { words, strings: {}, int64s: {}, doubles: {}, bools: {}, timestamps: {}, durations: {}, bytes: {}, stringMaps: {} }
}

const NANOS_PER_SECOND = 1_000_000_000n

export function nanosOf(value: SecondsNanos): bigint {
  return value.seconds * NANOS_PER_SECOND + BigInt(value.nanos)
}

/** A duration: both parts have the sign of the whole (protobuf, Duration). */
export function splitSpan(nanos: bigint): SecondsNanos {
  return { seconds: nanos / NANOS_PER_SECOND, nanos: Number(nanos % NANOS_PER_SECOND) }
}

/** A timestamp: the nanoseconds count forward, also before 1970 (protobuf, Timestamp). */
export function splitInstant(epochNanos: bigint): SecondsNanos {
  const rest = epochNanos % NANOS_PER_SECOND
  const forward = rest < 0n ? rest + NANOS_PER_SECOND : rest
  return { seconds: (epochNanos - forward) / NANOS_PER_SECOND, nanos: Number(forward) }
}
