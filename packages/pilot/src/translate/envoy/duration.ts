import type { Duration } from '@meshwork/protos/google/protobuf/duration'

const NANOS_PER_MS = 1_000_000

/** `google.protobuf.Duration` of a number of milliseconds, which may have a fraction. */
export function duration(ms: number): Duration {
  const seconds = Math.trunc(ms / 1000)
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * NANOS_PER_MS) }
}
