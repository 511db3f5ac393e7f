import { expect, test } from 'vitest'
import { Memo } from './memo.ts'

test('equal inputs give the same output, built once', () => {
  const memo = new Memo<{ a: number; list: readonly { b: string }[] }, object>()
  const build = (): object => ({})
  const first = memo.get('x', { a: 1, list: [{ b: 'c' }] }, build)
  expect(memo.get('x', { a: 1, list: [{ b: 'c' }] }, build)).toBe(first)
  expect(memo.get('x', { a: 1, list: [{ b: 'd' }] }, build)).not.toBe(first)
  expect(memo.get('y', { a: 1, list: [{ b: 'c' }] }, build)).not.toBe(first)
  expect(memo.counters).toEqual({ hits: 1, misses: 3 })
})

test('two views may have different things of one name', () => {
  const memo = new Memo<number, object>()
  const [one, two] = [memo.get('x', 1, () => ({})), memo.get('x', 2, () => ({}))]
  expect([memo.get('x', 1, () => ({})), memo.get('x', 2, () => ({}))]).toEqual([one, two])
  expect(memo.counters.misses).toBe(2)
})

test('what is not in use is forgotten', () => {
  const memo = new Memo<number, object>()
  memo.get('x', 1, () => ({}))
  const used = memo.get('y', 1, () => ({}))
  memo.keepOnly(new Set([used]))
  expect(memo.get('y', 1, () => ({}))).toBe(used)
  memo.get('x', 1, () => ({}))
  expect(memo.counters).toEqual({ hits: 1, misses: 3 })
})

test('the very inputs of before need no look inside', () => {
  const memo = new Memo<object, object>()
  let looks = 0
  const inputs = {
    get part() {
      return ++looks
    },
  }
  const first = memo.get('x', inputs, () => ({}))
  expect(memo.get('x', inputs, () => ({}))).toBe(first)
  expect(looks).toBe(0)
})
