const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** ISO 8601 with milliseconds, or strftime with Envoy's `%3f` (fractions of a second) and `%s`; always UTC. */
export function formatTime(epochMs: number, format: string): string {
  const time = new Date(epochMs)
  if (format === '') return time.toISOString()
  return format.replaceAll(/%(\d?)([a-zA-Z%])/g, (whole, digits: string, letter: string) => part(time, letter, digits) ?? whole)
}

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
