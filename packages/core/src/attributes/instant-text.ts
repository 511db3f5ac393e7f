import { err, ok, type Result } from '../result/result.ts'
import { splitInstant } from './compressed.ts'

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/

/** Nanoseconds since the epoch (RFC 3339 section 5.6; capital T and Z, no leap second). */
export function parseInstantText(text: string): Result<bigint, string> {
  const match = RFC3339.exec(text)
  if (match === null) return err(`'${text}' is not a time such as 2018-07-31T12:34:56Z`)
  const [, , month = '', day = '', hour = '', minute = '', second = '', fraction = '', sign, zoneHour = '0', zoneMinute = '0'] = match
  const date = text.slice(0, 10)
  const seconds = Date.parse(`${date}T${hour}:${minute}:${second}Z`) / 1000
  // Date.parse accepts 24:00:00 and rolls 30 February over.
  const exists = Number.isFinite(seconds) && new Date(seconds * 1000).toISOString().startsWith(`${date}T${hour}`)
  if (!exists || Number(month) === 0 || Number(day) === 0 || Number(zoneHour) > 23 || Number(zoneMinute) > 59) {
    return err(`'${text}' is not a time that exists`)
  }
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60 * (sign === '-' ? -1 : 1)
  return ok(BigInt(seconds - zone) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0')))
}

/** UTC with `digits` decimals of the second, cut and not rounded: `2018-07-31T12:34:56.789000Z`. */
export function formatInstantText(epochNanos: bigint, digits: number): string {
  const { seconds, nanos } = splitInstant(epochNanos)
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length)
  return `${whole}${digits === 0 ? '' : `.${nanos.toString().padStart(9, '0').slice(0, digits)}`}Z`
}
