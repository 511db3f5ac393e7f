import { escapedPoint, SHARED_ESCAPES } from './escapes.ts'
import { MAX_MADE_CHARACTERS } from './limits.ts'
import { goExponent, printValue } from './print.ts'
import { isList, isMap, isNil, sortedKeys, typeOf } from './values.ts'

const VERB = /%([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:\.(\*|\d+)?)?(?:\[(\d+)\])?(.)?/gsu
const MAX_WIDTH = 1000

interface Spec {
  readonly verb: string
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
}

/** Go's `fmt.Sprintf` for the verbs v T t d b o x X c q U s e f g, with width, precision, flags and argument indexes. */
export function sprintf(format: string, values: readonly unknown[]): string {
  let next = 0
  let indexed = false
  const take = (): unknown => values[next++]
  const text = format.replaceAll(VERB, (whole: string, ...groups: unknown[]) => {
    const [flags, index, width, precision, lateIndex, verb] = groups
      .slice(0, 6)
      .map(group => (typeof group === 'string' ? group : undefined))
    if (verb === undefined) return '%!(NOVERB)'
    if (verb === '%') return '%'
    const at = index ?? lateIndex
    if (at !== undefined) {
      next = Number(at) - 1
      indexed = true
    }
    const starred = width === '*' ? Number(take() ?? 0) : Number(width ?? 0)
    const digits = precision === '*' ? Number(take() ?? 0) : precision
    if (next >= values.length) return `%!${verb}(MISSING)`
    return formatOne(take(), specOf(verb, flags ?? '', starred, digits, whole.includes('.')))
  })
  const extra = indexed || next >= values.length ? '' : `%!(EXTRA ${values.slice(next).map(extraOperand).join(', ')})`
  return (text + extra).slice(0, MAX_MADE_CHARACTERS)
}

function specOf(verb: string, flags: string, width: number, digits: string | number | undefined, dotted: boolean): Spec {
  const precision = digits === undefined ? (dotted ? 0 : undefined) : Math.min(Number(digits), MAX_WIDTH)
  return { verb, flags: width < 0 ? `${flags}-` : flags, width: Math.min(Math.abs(width), MAX_WIDTH), precision }
}

function extraOperand(value: unknown): string {
  return isNil(value) ? '<nil>' : `${goType(value)}=${printValue(value)}`
}

/** A literal's type is `int` in Go; our integers know no sizes. */
function goType(value: unknown): string {
  return typeof value === 'bigint' ? 'int' : typeOf(value)
}

function formatOne(value: unknown, spec: Spec): string {
  if (spec.verb === 'T') return pad(isNil(value) ? '<nil>' : goType(value), spec)
  if (isNil(value)) return spec.verb === 'v' ? pad('<nil>', spec) : `%!${spec.verb}(<nil>)`
  if (isList(value) && spec.verb !== 'p') return `[${value.map(item => formatOne(item, spec)).join(' ')}]`
  if (isMap(value) && spec.verb !== 'p')
    return `map[${sortedKeys(value)
      .map(key => `${formatOne(key, spec)}:${formatOne(value[key], spec)}`)
      .join(' ')}]`
  const text = scalar(value, spec)
  return text === undefined ? `%!${spec.verb}(${goType(value)}=${printValue(value)})` : pad(text, spec)
}

function scalar(value: unknown, spec: Spec): string | undefined {
  switch (typeof value) {
    case 'string':
      return formatText(value, spec)
    case 'bigint':
      return formatInteger(value, spec)
    case 'number':
      return formatNumber(value, spec)
    case 'boolean':
      return spec.verb === 't' || spec.verb === 'v' ? String(value) : undefined
    default:
      return spec.verb === 'v' ? 'func' : undefined
  }
}

function formatText(value: string, { verb, precision, flags }: Spec): string | undefined {
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('')
  if (verb === 's' || (verb === 'v' && !flags.includes('#'))) return cut
  if (verb === 'q' || verb === 'v') return quoteGo(cut)
  if (verb !== 'x' && verb !== 'X') return undefined
  const hex = Buffer.from(cut).toString('hex')
  return verb === 'x' ? hex : hex.toUpperCase()
}

function formatInteger(value: bigint, { verb, flags }: Spec): string | undefined {
  const sign = value >= 0n && flags.includes('+') ? '+' : value >= 0n && flags.includes(' ') ? ' ' : ''
  const prefix = flags.includes('#')
  switch (verb) {
    case 'd':
    case 'v':
      return sign + value.toString()
    case 'b':
      return sign + value.toString(2)
    case 'o':
      return sign + (prefix ? '0' : '') + value.toString(8)
    case 'x':
      return sign + (prefix ? '0x' : '') + value.toString(16)
    case 'X':
      return sign + (prefix ? '0X' : '') + value.toString(16).toUpperCase()
    case 'c':
      return String.fromCodePoint(Number(value))
    case 'q':
      return `'${String.fromCodePoint(Number(value))}'`
    case 'U':
      return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`
    default:
      return undefined
  }
}

function formatNumber(value: number, { verb, precision, flags }: Spec): string | undefined {
  const sign = value >= 0 && flags.includes('+') ? '+' : ''
  switch (verb) {
    case 'f':
    case 'F':
      return sign + fixed(value, Math.min(precision ?? 6, 100))
    case 'e':
    case 'E': {
      const [mantissa = '0', exponent = '0'] = value.toExponential(Math.min(precision ?? 6, 100)).split('e')
      return `${sign}${mantissa}${verb}${goExponent(Number(exponent))}`
    }
    case 'g':
    case 'G':
    case 'v':
      return sign + printValue(precision === undefined ? value : Number(value.toPrecision(Math.max(1, precision))))
    default:
      return undefined
  }
}

/** All digits, also of numbers for which JavaScript's `toFixed` falls back to an exponent. */
function fixed(value: number, digits: number): string {
  if (Math.abs(value) < 1e21 || !Number.isFinite(value)) return value.toFixed(digits)
  return BigInt(value).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '')
}

function pad(text: string, { width, flags, verb }: Spec): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  if (flags.includes('-')) return text + ' '.repeat(missing)
  if (!flags.includes('0') || /[sqvT]/.test(verb)) return ' '.repeat(missing) + text
  const sign = /^[-+]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

/** Go writes bytes of text below this by two digits. */
const LAST_ASCII = 0x7f

/** Go's `%q`: double quotes, with everything escaped that does not print. */
export function quoteGo(text: string): string {
  const body = text.replaceAll(
    /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu,
    character => SHARED_ESCAPES[character] ?? escapedPoint(character, LAST_ASCII),
  )
  return `"${body}"`
}
