import { expect, test } from 'vitest'
import { type Placed, PlacedList } from './placed-list.ts'

interface Item extends Placed {
  readonly name: number
}

function filled(count: number): { readonly list: PlacedList<Item>; readonly items: readonly Item[] } {
  const list = new PlacedList<Item>()
  const items = Array.from({ length: count }, (_, name): Item => ({ name, place: -1 }))
  for (const item of items) list.add(item)
  return { list, items }
}

const names = (list: PlacedList<Item>): readonly number[] =>
  list
    .all()
    .map(({ name }) => name)
    .toSorted((a, b) => a - b)

test('has what was added, less what was deleted, wherever it stood', () => {
  const { list, items } = filled(10)
  for (const name of [0, 9, 4, 5]) {
    const item = items[name]
    if (item !== undefined) list.delete(item)
  }
  expect(names(list)).toEqual([1, 2, 3, 6, 7, 8])
  expect(list.size).toBe(6)
})

test('deleting twice, or what was never added, changes nothing', () => {
  const { list, items } = filled(3)
  const [first] = items
  if (first === undefined) throw new Error('empty')
  list.delete(first)
  list.delete(first)
  list.delete({ name: 7, place: -1 })
  expect(names(list)).toEqual([1, 2])
})

test('all may be deleted while they are told', () => {
  const { list } = filled(5)
  for (const item of list.all()) list.delete(item)
  expect(list.size).toBe(0)
})
