import { sleep } from '@meshwork/core/time'
import { describe, expect, it } from 'vitest'

import { ManualClock } from './manual-clock.ts'

describe('ManualClock', () => {
  it('runs timers in the order in which they are due, also those started by timers', () => {
    const clock = new ManualClock()
    const order: string[] = []
    clock.after(20, () => order.push(`b@${clock.monotonicMs()}`))
    clock.after(10, () => {
      order.push(`a@${clock.monotonicMs()}`)
      clock.after(5, () => order.push(`c@${clock.monotonicMs()}`))
    })
    clock.after(31, () => order.push('late'))
    clock.advance(30)
    expect(order).toEqual(['a@10', 'c@15', 'b@20'])
    expect(clock.nextTimerInMs).toBe(1)
  })

  it('does not run a cancelled timer', () => {
    const clock = new ManualClock()
    let ran = false
    clock.after(1, () => void (ran = true)).cancel()
    clock.advance(10)
    expect(ran).toBe(false)
    expect(clock.pendingTimers).toBe(0)
  })

  it('moves the wall clock alone', () => {
    const clock = new ManualClock(1000)
    clock.advance(5)
    clock.setWallClock(50)
    expect([clock.now(), clock.monotonicMs()]).toEqual([50, 5])
    clock.advance(1)
    expect(clock.now()).toBe(51)
  })

  it('lets a chain of sleeps go on while it moves', async () => {
    const clock = new ManualClock()
    let at = -1
    const done = (async (): Promise<void> => {
      await sleep(clock, 10)
      await sleep(clock, 10)
      at = clock.monotonicMs()
    })()
    await clock.advanceAsync(25)
    await done
    expect(at).toBe(20)
  })
})
