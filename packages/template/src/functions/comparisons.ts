import { TemplateFault } from '../engine/template-error.ts'
import { compareText, describe, isNil, isTrue } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'

/** Go's comparisons: both sides must be of one kind, and an integer is no float. */
export const COMPARISONS: Readonly<Record<string, TemplateFunction>> = {
  not: value => !isTrue(value),
  eq: (left, ...others) => {
    if (others.length === 0) throw new TemplateFault('eq needs two values', 'give it something to compare with')
    return others.some(other => equal(left, other))
  },
  ne: (left, right) => !equal(left, right),
  lt: (left, right) => compare(left, right) < 0,
  le: (left, right) => compare(left, right) <= 0,
  gt: (left, right) => compare(left, right) > 0,
  ge: (left, right) => compare(left, right) >= 0,
}

function equal(left: unknown, right: unknown): boolean {
  if (isNil(left) || isNil(right)) return isNil(left) && isNil(right)
  refuseMixed(left, right)
  if (typeof left === 'object' || typeof left === 'function')
    throw new TemplateFault(`${describe(left)} cannot be compared`, 'compare with deepEqual')
  return left === right
}

function compare(left: unknown, right: unknown): number {
  refuseMixed(left, right)
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : Number(left > right)
  if (typeof left === 'number' && typeof right === 'number') return left - right
  throw new TemplateFault(`${describe(left)} has no order`, 'compare numbers or strings')
}

function refuseMixed(left: unknown, right: unknown): void {
  if (typeof left === typeof right && !isNil(left) && !isNil(right)) return
  throw new TemplateFault(
    `incompatible types for comparison: ${describe(left)} and ${describe(right)}`,
    'numbers from values are float64: convert with int or int64 before comparing with a whole number',
  )
}
