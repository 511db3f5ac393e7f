const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const ONE_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy

/** The longest duration that is taken: 10,000 years of seconds, the limit of `google.protobuf.Duration`. */
const LONGEST_MS = 315_576_000_000_000

/**
 * Go's `time.ParseDuration`: a sign and a sequence of decimal numbers with units, `1h15m`, `1.5s`; a bare `0` is allowed.
 * Gives milliseconds, or undefined if the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith('-')
  const digits = negative || text.startsWith('+') ? text.slice(1) : text
  if (digits === '0') return 0
  if (digits === '' || digits.length > 64) return undefined
  const sum = sumOfParts(digits)
  if (sum === undefined || sum > LONGEST_MS) return undefined
  return negative ? -sum : sum
}

function sumOfParts(digits: string): number | undefined {
  let sum = 0
  let end = 0
  for (const part of digits.matchAll(ONE_PART)) {
    sum += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? 0)
    end = part.index + part[0].length
  }
  return end === digits.length ? sum : undefined
}
