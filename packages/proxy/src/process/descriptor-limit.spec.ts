import { expect, test } from 'vitest'
import { connectionsWithin, withinDescriptors } from './descriptor-limit.ts'

test.each([
  [1024, 896],
  [64, 32],
  [40, 8],
  [10, 1],
  [Infinity, Infinity],
])('%d descriptors leave room for %d connections', (descriptors, connections) => {
  expect(connectionsWithin(descriptors)).toBe(connections)
})

test('the smaller of both limits holds', () => {
  const listeners = new Map([['a', 3]])
  expect(withinDescriptors({ total: 5, listeners })).toEqual({ total: 5, listeners })
  expect(withinDescriptors({ total: Infinity, listeners }).total).toBeGreaterThan(8)
})
