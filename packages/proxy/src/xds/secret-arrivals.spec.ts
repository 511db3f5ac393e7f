import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test, vi } from 'vitest'
import { SecretArrivals } from './secret-arrivals.ts'

const NONE: ReadonlySet<string> = new Set()
const names = (...all: readonly string[]): ReadonlySet<string> => new Set(all)

test('whoever names a secret waits until it came, was taken back, or its time is over', () => {
  const clock = new ManualClock()
  const expired = vi.fn<() => void>()
  const secrets = new SecretArrivals(clock, 1000, expired)
  expect(secrets.areThere(NONE)).toBe(true)
  expect(secrets.want(names('a', 'b', 'c'))).toBe(true)
  expect(secrets.want(names('c', 'b', 'a'))).toBe(false)
  expect(secrets.areThere(names('a'))).toBe(false)
  secrets.arrived({ changed: new Map([['a', 1]]), removed: names('b'), refused: NONE })
  expect(secrets.areThere(names('a', 'b'))).toBe(true)
  expect(secrets.areThere(names('a', 'c'))).toBe(false)
  clock.advance(1000)
  expect(expired).toHaveBeenCalledOnce()
  expect(secrets.areThere(names('a', 'b', 'c'))).toBe(true)
})

test('a name that nobody wants any longer is waited for anew when it is wanted again', () => {
  const secrets = new SecretArrivals(new ManualClock(), 1000, () => undefined)
  secrets.want(names('a'))
  secrets.arrived({ changed: new Map([['a', 1]]), removed: NONE, refused: NONE })
  secrets.want(NONE)
  secrets.want(names('a'))
  expect(secrets.areThere(names('a'))).toBe(false)
  secrets.close()
})
