import { describe, expect, test } from 'vitest'
import { sequenceTimes } from './sequence.ts'

const NONE: ReadonlyMap<string, number> = new Map()

describe('sequenceTimes', () => {
  test('starts a second apart', () => {
    expect([...sequenceTimes(['a', 'b', 'c'], NONE).values()]).toEqual([0, 1000, 2000])
  })

  test('keeps times when objects come and go', () => {
    const first = sequenceTimes(['a', 'b', 'c'], NONE)
    expect([...sequenceTimes(['b', 'c'], first).values()]).toEqual([1000, 2000])
    expect(sequenceTimes(['a', 'x', 'y', 'b', 'c', 'd'], first)).toEqual(
      new Map([
        ['a', 0],
        ['x', 500],
        ['y', 750],
        ['b', 1000],
        ['c', 2000],
        ['d', 3000],
      ]),
    )
  })

  test('follows the order when objects swap places', () => {
    const times = sequenceTimes(['b', 'a'], sequenceTimes(['a', 'b'], NONE))
    expect(times.get('b')).toBeLessThan(times.get('a') ?? 0)
  })

  test('rises for ever, even if always the same gap is halved', () => {
    let keys = ['first', 'last']
    let times = sequenceTimes(keys, NONE)
    for (let i = 0; i < 300; i++) {
      keys = ['first', `k${i}`, ...keys.slice(1)]
      times = sequenceTimes(keys, times)
      const values = [...times.values()]
      expect(values.every((value, place) => place === 0 || value > (values[place - 1] ?? 0))).toBe(true)
    }
  })
})
