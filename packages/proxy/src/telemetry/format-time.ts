const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** ISO 8601 with milliseconds, or strftime with Envoy's `%3f` (fractions of a second) and `%s`. `local`: in the zone of the machine. */
export function formatTime(epochMs: number, format: string, zone: 'utc' | 'local' = 'utc'): string {
  if (format === '' && zone === 'utc') return isoTime(epochMs)
  const time = new Date(epochMs)
  if (zone === 'local') return formatLocal(time, format)
  return replaceParts(time, format)
}

/** The clock on the wall read as if it were UTC; only what names the zone or counts from the epoch differs. */
function formatLocal(time: Date, format: string): string {
  const offsetMinutes = -time.getTimezoneOffset()
  const wall = new Date(time.getTime() + offsetMinutes * 60_000)
  const sign = offsetMinutes < 0 ? '-' : '+'
  const distance = Math.abs(offsetMinutes)
  const offset = `${sign}${two(Math.floor(distance / 60))}${two(distance % 60)}`
  if (format === '') return `${wall.toISOString().slice(0, -1)}${sign}${offset.slice(1, 3)}:${offset.slice(3)}`
  const seconds = String(Math.floor(time.getTime() / 1000))
  return replaceParts(wall, format.replaceAll('%z', offset).replaceAll('%s', seconds).replaceAll('%Z', zoneName(time)))
}

function zoneName(time: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(time)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

function replaceParts(time: Date, format: string): string {
  return format.replaceAll(/%(\d?)([a-zA-Z%])/g, (whole, digits: string, letter: string) => part(time, letter, digits) ?? whole)
}

let isoSecond = -1
/** `2026-11-23T10:00:00.` */
let isoText = ''

/** `Date.toISOString`, whose larger part is made once a second. */
function isoTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
  if (second !== isoSecond) {
    isoSecond = second
    isoText = new Date(second * 1000).toISOString().slice(0, -4)
  }
  return `${isoText}${MILLISECONDS[Math.floor(epochMs) - second * 1000] ?? '000'}Z`
}

const MILLISECONDS: readonly string[] = Array.from({ length: 1000 }, (_, ms) => String(ms).padStart(3, '0'))

function part(time: Date, letter: string, digits: string): string | null {
  switch (letter) {
    case 'Y':
      return String(time.getUTCFullYear())
    case 'm':
      return two(time.getUTCMonth() + 1)
    case 'd':
      return two(time.getUTCDate())
    case 'H':
      return two(time.getUTCHours())
    case 'M':
      return two(time.getUTCMinutes())
    case 'S':
      return two(time.getUTCSeconds())
    case 'F':
      return time.toISOString().slice(0, 10)
    case 'T':
      return time.toISOString().slice(11, 19)
    case 'a':
      return DAYS[time.getUTCDay()] ?? ''
    case 'b':
      return MONTHS[time.getUTCMonth()] ?? ''
    case 'e':
      return String(time.getUTCDate()).padStart(2, ' ')
    case 'Z':
      return 'UTC'
    case 'z':
      return '+0000'
    case 's':
      return String(Math.floor(time.getTime() / 1000))
    case 'f':
      return String(time.getUTCMilliseconds())
        .padStart(3, '0')
        .padEnd(9, '0')
        .slice(0, digits === '' ? 9 : Number(digits))
    default:
      return null
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
