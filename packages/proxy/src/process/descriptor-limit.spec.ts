import { expect, test } from 'vitest'
import { openSockets } from '../net/open-sockets.ts'
import { limitOpenSockets, socketsWithin } from './descriptor-limit.ts'

test.each([
  [1024, 24, 960],
  [256, 36, 180],
  [40, 30, 1],
  [Infinity, 30, Infinity],
])('%d descriptors of which %d are in use leave room for %d sockets', (descriptors, inUse, sockets) => {
  expect(socketsWithin(descriptors, inUse)).toBe(sockets)
})

test('the limit of this process holds for its traffic', () => {
  limitOpenSockets()
  expect(openSockets.limit).toBeGreaterThan(100)
  openSockets.limit = Infinity
})
