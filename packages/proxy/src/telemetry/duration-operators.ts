import type { Operator } from './formatter.ts'
import type { StreamInfo } from './stream-info.ts'

/** Milliseconds from the start to a moment; negative: it was not reached. */
type Moment = (info: StreamInfo) => number

const start: Moment = () => 0
const end: Moment = info => info.durationMs()

/** Time points of `COMMON_DURATION`. */
const POINTS: Readonly<Record<string, Moment>> = {
  DS_CX_BEG: info => (info.protocol === '' ? 0 : -1),
  DS_CX_END: info => (info.protocol === '' ? info.durationMs() : -1),
  DS_RX_BEG: start,
  DS_RX_END: info => info.requestDoneMs,
  US_RX_BEG: info => (info.upstream === null ? -1 : info.responseHeadMs),
  DS_TX_END: end,
}

export const KNOWN_POINTS: ReadonlySet<string> = new Set(Object.keys(POINTS))
/** Known to Envoy; any other name is a point that a filter sets, and none of ours does. */
export const MISSING_POINTS: ReadonlySet<string> = new Set([
  'US_CX_BEG',
  'US_CX_END',
  'US_HS_END',
  'US_TX_BEG',
  'US_TX_END',
  'US_RX_BODY_BEG',
  'US_RX_END',
  'DS_TX_BEG',
])
/** Parts of a millisecond by name. */
export const PRECISIONS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['us', 1000],
  ['ns', 1_000_000],
])

/** Operators that print spans of time in milliseconds, unless their argument says otherwise. */
export const DURATION_OPERATORS: Readonly<Record<string, (argument: string) => Operator>> = {
  DURATION: () => info => String(Math.floor(info.durationMs())),
  REQUEST_DURATION: () => info => time(info.requestDoneMs),
  REQUEST_TX_DURATION: () => info => time(info.requestDoneMs),
  RESPONSE_DURATION: () => info => time(info.responseHeadMs),
  RESPONSE_TX_DURATION: () => info => (info.responseHeadMs < 0 ? null : String(Math.floor(info.durationMs() - info.responseHeadMs))),
  // Of HTTP/3 only.
  ROUNDTRIP_DURATION: () => () => null,
  COMMON_DURATION: durationBetween,
}

function durationBetween(argument: string): Operator {
  const [from = '', to = '', precision = 'ms'] = argument.split(':')
  const begin = POINTS[from]
  const finish = POINTS[to]
  const parts = PRECISIONS.get(precision) ?? 1
  if (begin === undefined || finish === undefined) return () => null
  return info => {
    const [a, b] = [begin(info), finish(info)]
    return a < 0 || b < 0 ? null : String(Math.floor((b - a) * parts))
  }
}

function time(ms: number): string | null {
  return ms < 0 ? null : String(Math.floor(ms))
}
