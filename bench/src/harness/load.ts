/** What a load generator saw. Latencies in microseconds. */
export interface Load {
  readonly requests: number
  readonly rps: number
  readonly p50Us: number
  readonly p99Us: number
  readonly failures: number
}

/** Value at `share` (0 to 1) of sorted values; 0 if there are none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
