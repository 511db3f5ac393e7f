import { isList, isMap, isNil, sortedKeys } from './values.ts'

const MAX_PRINT_DEPTH = 100

/** A value as Go's `%v` prints it: `map[a:1 b:2]`, `[1 2]`, `<nil>`. */
export function printValue(value: unknown, depth = 0): string {
  if (isNil(value)) return '<nil>'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return formatFloat(value)
  if (depth > MAX_PRINT_DEPTH) return '...'
  if (isList(value)) return `[${value.map(item => printValue(item, depth + 1)).join(' ')}]`
  if (isMap(value)) {
    // Things such as a version print themselves.
    const own = value['String']
    if (typeof own === 'function') return String(own())
    const entries = sortedKeys(value).map(key => `${key}:${printValue(value[key], depth + 1)}`)
    return `map[${entries.join(' ')}]`
  }
  return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : 'func'
}

/** A float64 as Go's `%g` prints it with the fewest digits: 1e+06 from a million on, 1e-05 below 0.0001. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '0', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  return exponent < -4 || exponent >= 6 ? `${mantissa}e${goExponent(exponent)}` : String(value)
}

/** Go writes the sign and at least two digits. */
export function goExponent(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** Operands of `print`: a space between two of them when neither is a string. */
export function printAll(values: readonly unknown[]): string {
  let text = ''
  let before: unknown = ''
  for (const value of values) {
    const space = text !== '' && typeof before !== 'string' && typeof value !== 'string'
    text += `${space ? ' ' : ''}${printValue(value)}`
    before = value
  }
  return text
}
