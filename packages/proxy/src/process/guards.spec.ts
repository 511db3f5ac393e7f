import { silentLogger } from '@meshwork/core/log'
import { StatsRegistry } from '@meshwork/core/metrics'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, it } from 'vitest'
import { ContainedErrors } from './contained-errors.ts'
import { Watchdog } from './watchdog.ts'

function valueOf(stats: StatsRegistry, name: string): number | undefined {
  const metric = stats.find(name)
  return metric === undefined ? undefined : stats.value(metric.slot)
}

/** A clock whose timers come late by `lateMs`, as those of a loop that stalls. */
class LateClock extends ManualClock {
  lateMs = 0

  override monotonicMs(): number {
    return super.monotonicMs() + this.lateMs
  }
}

it('counts stalls of the event loop by their length', async () => {
  const clock = new LateClock()
  const stats = new StatsRegistry()
  const watchdog = new Watchdog(clock, silentLogger, stats)
  await watchdog.start()
  clock.advance(200)
  expect(valueOf(stats, 'server.main_thread.watchdog_miss')).toBe(0)
  clock.lateMs += 250
  clock.advance(200)
  expect(valueOf(stats, 'server.main_thread.watchdog_miss')).toBe(1)
  expect(valueOf(stats, 'server.main_thread.watchdog_mega_miss')).toBe(0)
  clock.lateMs += 1500
  clock.advance(200)
  expect(valueOf(stats, 'server.main_thread.watchdog_mega_miss')).toBe(1)
  await watchdog.close()
  expect(clock.pendingTimers).toBe(0)
})

it('bears single uncaught errors, and gives up when they come all the time', () => {
  const clock = new ManualClock()
  const stats = new StatsRegistry()
  let gaveUp = 0
  const contained = new ContainedErrors({ clock, log: silentLogger, stats, giveUp: () => void gaveUp++ })
  for (let second = 0; second < 3; second++) {
    clock.advance(1000)
    for (let i = 0; i < 100; i++) contained.contain(new Error('x'))
  }
  expect([gaveUp, valueOf(stats, 'server.uncaught_errors')]).toEqual([0, 300])
  contained.contain(new Error('x'))
  expect(gaveUp).toBe(1)
})
