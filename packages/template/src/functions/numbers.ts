import { MAX_MADE_ITEMS } from '../engine/limits.ts'
import { TemplateFault } from '../engine/template-error.ts'
import type { TemplateFunction } from '../engine/values.ts'

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)
const INTEGER_TEXT = /^[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|\d[\d_]*)$/

/** Any value as an integer, as sprig's `int64` sees it: text by its prefix (`0x1f`, `017`), 0 for what is no number. */
export function toInteger(value: unknown): bigint {
  switch (typeof value) {
    case 'bigint':
      return value
    case 'number':
      return integerOfFloat(value)
    case 'boolean':
      return value ? 1n : 0n
    case 'string':
      return integerOfText(value.replace(/\.0*$/, ''))
    default:
      return 0n
  }
}

function integerOfFloat(value: number): bigint {
  if (Math.abs(value) < 2 ** 63) return BigInt(Math.trunc(value))
  return INT64_MIN
}

function integerOfText(text: string): bigint {
  if (!INTEGER_TEXT.test(text)) return 0n
  const negative = text.startsWith('-')
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '')
  if (/^0\d*[89]/.test(digits)) return 0n
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits)
  return clamp(negative ? -value : value)
}

function clamp(value: bigint): bigint {
  if (value > INT64_MAX) return INT64_MAX
  return value < INT64_MIN ? INT64_MIN : value
}

/** Any value as a float64; 0 for what is no number. */
export function toFloat(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  const number = typeof value === 'string' && value.trim() === value && value !== '' ? Number(value) : 0
  return Number.isNaN(number) ? 0 : number
}

/** A small integer, for lengths and positions. */
export function toCount(value: unknown): number {
  return Number(clamp(toInteger(value)))
}

export const NUMBERS: Readonly<Record<string, TemplateFunction>> = {
  int: toInteger,
  int64: toInteger,
  float64: toFloat,
  atoi: toInteger,
  toDecimal: value => BigInt(Number.parseInt(String(value), 8) || 0),
  add: (...values) => wrap(values.map(toInteger).reduce((sum, value) => sum + value, 0n)),
  add1: value => wrap(toInteger(value) + 1n),
  sub: (left, right) => wrap(toInteger(left) - toInteger(right)),
  mul: (...values) => values.map(toInteger).reduce((product, value) => wrap(product * value), 1n),
  div: (left, right) => toInteger(left) / divisor(right),
  mod: (left, right) => toInteger(left) % divisor(right),
  max: (...values) => values.map(toInteger).reduce((best, value) => (value > best ? value : best)),
  min: (...values) => values.map(toInteger).reduce((best, value) => (value < best ? value : best)),
  biggest: (...values) => values.map(toInteger).reduce((best, value) => (value > best ? value : best)),
  maxf: (...values) => Math.max(...values.map(toFloat)),
  minf: (...values) => Math.min(...values.map(toFloat)),
  addf: (...values) => values.map(toFloat).reduce((sum, value) => sum + value, 0),
  subf: (first, ...values) => values.map(toFloat).reduce((rest, value) => rest - value, toFloat(first)),
  mulf: (...values) => values.map(toFloat).reduce((product, value) => product * value, 1),
  divf: (first, ...values) => values.map(toFloat).reduce((rest, value) => rest / value, toFloat(first)),
  round: (value, places) => roundTo(toFloat(value), toCount(places)),
  ceil: value => Math.ceil(toFloat(value)),
  floor: value => Math.floor(toFloat(value)),
  until: count => steps(0, toCount(count), toCount(count) < 0 ? -1 : 1),
  untilStep: (start, stop, step) => steps(toCount(start), toCount(stop), toCount(step)),
  seq: (...values) => sequence(values.map(toCount)),
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

function divisor(value: unknown): bigint {
  const number = toInteger(value)
  if (number === 0n) throw new TemplateFault('division by zero', 'guard the division with if')
  return number
}

function roundTo(value: number, places: number): number {
  const factor = 10 ** places
  const scaled = value * factor
  return (scaled >= 0 ? Math.floor(scaled + 0.5) : Math.ceil(scaled - 0.5)) / factor
}

function steps(start: number, stop: number, step: number): bigint[] {
  if (step === 0 || (stop - start) / step <= 0) return []
  const count = Math.ceil((stop - start) / step)
  if (count > MAX_MADE_ITEMS) throw new TemplateFault(`a list of ${count} numbers is too long`, `make at most ${MAX_MADE_ITEMS}`)
  return Array.from({ length: count }, (_, index) => BigInt(start + index * step))
}

function sequence(values: readonly number[]): string {
  const [first = 1, second, third] = values
  const [start, step, end] =
    third === undefined ? [second === undefined ? 1 : first, undefined, second ?? first] : [first, second ?? 1, third]
  const by = step ?? (end < start ? -1 : 1)
  return steps(start, end + Math.sign(by), by).join(' ')
}
