/** Milliseconds per unit of `grpc-timeout` (gRPC over HTTP/2, "Timeout"). */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 }

/** What `grpc-timeout` says, in whole milliseconds rounded up; null when it is missing or malformed. */
export function parseGrpcTimeout(value: string | null): number | null {
  if (value === null) return null
  const match = /^(\d{1,8})([HMSmun])$/.exec(value)
  return match === null ? null : Math.ceil(Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0))
}

/** The header's form, at most eight digits. */
export function formatGrpcTimeout(ms: number): string {
  if (ms < 100_000_000) return `${ms}m`
  const seconds = Math.floor(ms / 1000)
  return seconds < 100_000_000 ? `${seconds}S` : `${Math.min(Math.floor(seconds / 60), 99_999_999)}M`
}
