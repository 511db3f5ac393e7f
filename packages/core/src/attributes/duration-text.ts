import { err, ok, type Result } from '../result/result.ts'

const UNIT_NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const WHOLE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*$/
const PART = /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g
const LARGEST = 2n ** 63n - 1n

/** Text such as `1h30m`, `-5ms`, `.5s` or `0` to nanoseconds, as Go's duration syntax has it. */
export function parseDurationText(text: string): Result<bigint, string> {
  if (/^[+-]?0$/.test(text)) return ok(0n)
  if (!WHOLE.test(text)) return err(`'${text}' is not a duration such as 1h30m, 5s or 20ms`)
  let nanos = 0n
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART)) {
    const scale = UNIT_NANOS[unit] ?? 0n
    nanos += BigInt(whole || '0') * scale
    if (fraction !== '') nanos += (BigInt(fraction.slice(0, 18)) * scale) / 10n ** BigInt(Math.min(fraction.length, 18))
  }
  if (nanos > LARGEST) return err(`'${text}' is longer than 292 years`)
  return ok(text.startsWith('-') ? -nanos : nanos)
}

function decimal(nanos: bigint, unit: bigint, suffix: string): string {
  const fraction = (nanos % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '')
  return `${nanos / unit}${fraction === '' ? '' : `.${fraction}`}${suffix}`
}

/** The text that Go prints: `1.5s`, `1h0m0s`, `20ms`, `0s`. */
export function formatDurationText(nanos: bigint): string {
  if (nanos < 0n) return `-${formatDurationText(-nanos)}`
  if (nanos === 0n) return '0s'
  if (nanos < 1_000n) return `${nanos}ns`
  if (nanos < 1_000_000n) return decimal(nanos, 1_000n, 'µs')
  if (nanos < 1_000_000_000n) return decimal(nanos, 1_000_000n, 'ms')
  const minutes = nanos / 60_000_000_000n
  const seconds = decimal(nanos % 60_000_000_000n, 1_000_000_000n, 's')
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}
