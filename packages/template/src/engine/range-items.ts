import { TemplateFault } from './template-error.ts'
import { describe, isList, isMap, isNil, sortedKeys } from './values.ts'

/** Pairs that `range` visits: index and element, key and value in the order of keys, or the numbers below an integer. */
export function* rangeItems(value: unknown): Generator<readonly [unknown, unknown]> {
  if (isNil(value)) return
  if (isList(value)) {
    for (const [index, item] of value.entries()) yield [BigInt(index), item]
    return
  }
  if (isMap(value)) {
    for (const key of sortedKeys(value)) yield [key, value[key]]
    return
  }
  if (typeof value !== 'bigint') throw new TemplateFault(`range can't iterate over ${describe(value)}`, 'give a list, a map or an integer')
  for (let index = 0n; index < value; index += 1n) yield [index, index]
}
