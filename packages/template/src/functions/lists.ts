import { isDeepStrictEqual } from 'node:util'

import { MAX_MADE_ITEMS } from '../engine/limits.ts'
import { TemplateFault } from '../engine/template-error.ts'
import { expectList, isList, isMap, isNil, sortedKeys } from '../engine/values.ts'
import type { TemplateFunction, TemplateList } from '../engine/values.ts'
import { toCount } from './numbers.ts'

export const LISTS: Readonly<Record<string, TemplateFunction>> = {
  list: (...items) => items,
  tuple: (...items) => items,
  first: list => (typeof list === 'string' ? list.at(0) : expectList(list)[0]),
  last: list => expectList(list).at(-1),
  rest: list => expectList(list).slice(1),
  initial: list => expectList(list).slice(0, -1),
  append: (list, item) => [...expectList(list), item],
  push: (list, item) => [...expectList(list), item],
  prepend: (list, item) => [item, ...expectList(list)],
  concat: (...lists) => bounded(lists.flatMap(list => expectList(list))),
  reverse: list => expectList(list).toReversed(),
  uniq: list => unique(expectList(list)),
  without: (list, ...unwanted) => expectList(list).filter(item => !unwanted.some(other => sameValue(item, other))),
  has: (wanted, list) => (isNil(list) ? [] : expectList(list)).some(item => sameValue(item, wanted)),
  slice: (list, ...bounds) => sliceOf(list, bounds.map(toCount)),
  chunk: (size, list) => chunks(Math.max(1, toCount(size)), expectList(list)),
  deepEqual: sameValue,
}

/** Equal by content. Integers and floats differ, as in Go. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (isNil(left) || isNil(right)) return isNil(left) && isNil(right)
  if (isList(left) && isList(right)) return left.length === right.length && left.every((item, index) => sameValue(item, right[index]))
  if (!isMap(left) || !isMap(right)) return isDeepStrictEqual(left, right)
  const keys = sortedKeys(left)
  return isDeepStrictEqual(keys, sortedKeys(right)) && keys.every(key => sameValue(left[key], right[key]))
}

function bounded(list: TemplateList): TemplateList {
  if (list.length > MAX_MADE_ITEMS)
    throw new TemplateFault(`a list of ${list.length} elements is too long`, `make at most ${MAX_MADE_ITEMS}`)
  return list
}

function unique(list: TemplateList): unknown[] {
  const kept: unknown[] = []
  for (const item of list) if (!kept.some(other => sameValue(item, other))) kept.push(item)
  return kept
}

function sliceOf(list: unknown, [start = 0, end]: readonly number[]): unknown {
  const items = expectList(list)
  const stop = end ?? items.length
  if (start < 0 || stop < start || stop > items.length)
    throw new TemplateFault(`slice ${start} to ${stop} of ${items.length} elements`, 'keep within the length: len .list')
  return items.slice(start, stop)
}

function chunks(size: number, list: TemplateList): unknown[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size))
}
