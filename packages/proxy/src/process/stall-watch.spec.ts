import { expect, it } from 'vitest'
import { StallWatch } from './stall-watch.ts'

const LOOK_MS = 50

function silence(watch: StallWatch, looks: number): readonly string[] {
  return Array.from({ length: looks }, () => watch.look(7, LOOK_MS))
}

it('finds a stall once, and that it does not end', () => {
  const watch = new StallWatch(LOOK_MS, 200, 400)
  expect(silence(watch, 5)).toEqual(['turning', 'turning', 'turning', 'turning', 'stalled'])
  expect(silence(watch, 4)).toEqual(['still-stalled', 'still-stalled', 'still-stalled', 'hopeless'])
  expect([watch.stalls, watch.look(8, LOOK_MS), watch.silentMs]).toEqual([1, 'turning', 0])
})

it('blames nobody for time in which it did not run itself', () => {
  const watch = new StallWatch(LOOK_MS, 200, 400)
  watch.look(1, LOOK_MS)
  expect(watch.look(1, 60_000)).toBe('turning')
  expect(watch.look(2, LOOK_MS)).toBe('turning')
  expect(watch.stalls).toBe(0)
})
