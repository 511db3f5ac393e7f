import { expect, test } from 'vitest'
import { Remembered, sameItems } from './remembered.ts'

test('a value is made again for other inputs, another key and another anchor only', () => {
  const remembered = new Remembered<object>()
  const [anchor, input] = [{}, {}]
  const make = (): object => ({})
  const first = remembered.get(anchor, 'k', [input, 1], make)
  expect(remembered.get(anchor, 'k', [input, 1], make)).toBe(first)
  expect(remembered.get(anchor, 'l', [input, 1], make)).not.toBe(first)
  expect(remembered.get({}, 'k', [input, 1], make)).not.toBe(first)
  expect(remembered.get(anchor, 'k', [input, 1], make)).toBe(first)
  expect(remembered.get(anchor, 'k', [{}, 1], make)).not.toBe(first)
})

test('only the last value of a key is kept', () => {
  const remembered = new Remembered<number>()
  const anchor = {}
  let made = 0
  for (const input of ['a', 'b', 'a']) remembered.get(anchor, 'k', [input], () => ++made)
  expect(made).toBe(3)
})

test('items are compared by identity', () => {
  const item = {}
  expect(sameItems([item, 1], [item, 1])).toBe(true)
  expect(sameItems([item], [{}])).toBe(false)
  expect(sameItems([item], [item, item])).toBe(false)
})
