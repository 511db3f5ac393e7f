import { expect, test } from 'vitest'
import type { Clock, Timer } from './clock.ts'
import { TimerWheel, WheelTimer } from './timer-wheel.ts'

class HandClock implements Clock {
  timersMade = 0
  private ms = 1000
  private pending: { due: number; run: () => void }[] = []

  now(): number {
    return this.ms
  }

  monotonicMs(): number {
    return this.ms
  }

  after(delayMs: number, run: () => void): Timer {
    const entry = { due: this.ms + delayMs, run }
    this.pending.push(entry)
    this.timersMade++
    return { cancel: () => void (this.pending = this.pending.filter(other => other !== entry)) }
  }

  advance(ms: number, step: number = 10): void {
    for (const end = this.ms + ms; this.ms < end;) {
      this.ms = Math.min(end, this.ms + step)
      const due = this.pending.filter(entry => entry.due <= this.ms)
      this.pending = this.pending.filter(entry => entry.due > this.ms)
      for (const entry of due) entry.run()
    }
  }

  get idle(): boolean {
    return this.pending.length === 0
  }
}

function setUp(): { clock: HandClock; wheel: TimerWheel; fired: number[]; timer: (kind: number) => WheelTimer } {
  const clock = new HandClock()
  const fired: number[] = []
  return { clock, wheel: new TimerWheel(clock), fired, timer: kind => new WheelTimer({ onTimer: k => void fired.push(k) }, kind) }
}

test('fires once, not early and at most a tick and a clock step late', () => {
  const { clock, wheel, fired, timer } = setUp()
  wheel.set(timer(1), 120)
  clock.advance(110)
  expect(fired).toEqual([])
  clock.advance(90)
  expect(fired).toEqual([1])
  clock.advance(60_000)
  expect(fired).toEqual([1])
})

test('deadlines beyond one turn of the wheel keep their time', () => {
  const { clock, wheel, fired, timer } = setUp()
  wheel.set(timer(1), 100_000)
  clock.advance(99_900)
  expect(fired).toEqual([])
  clock.advance(300)
  expect(fired).toEqual([1])
})

test('clearing and setting again', () => {
  const { clock, wheel, fired, timer } = setUp()
  const a = timer(1)
  const b = timer(2)
  wheel.set(a, 100)
  wheel.set(b, 100)
  wheel.clear(a)
  clock.advance(50)
  wheel.set(b, 200)
  clock.advance(150)
  expect(fired).toEqual([])
  clock.advance(150)
  expect(fired).toEqual([2])
})

test('a long stall fires what is due, and an empty wheel rests', async () => {
  const { clock, wheel, fired, timer } = setUp()
  for (let i = 0; i < 20; i++) wheel.set(timer(i), i * 1000)
  clock.advance(200_000, 200_000)
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(100)
  expect(fired.length).toBe(20)
  expect(clock.idle).toBe(true)
})

test('an owner may clear its neighbours while it is told', () => {
  const { clock, wheel, fired, timer } = setUp()
  const victim = timer(9)
  const killer = new WheelTimer({ onTimer: () => wheel.clear(victim) }, 0)
  wheel.set(victim, 100)
  wheel.set(killer, 100)
  clock.advance(300)
  expect(fired).toEqual([])
})

test('short deadlines are kept to a few milliseconds, and the clock rests until one may be due', () => {
  const { clock, wheel, fired, timer } = setUp()
  wheel.set(timer(1), 15_000)
  wheel.set(timer(2), 25)
  clock.advance(24, 1)
  expect(fired).toEqual([])
  clock.advance(4, 1)
  expect(fired).toEqual([2])
  const before = clock.timersMade
  clock.advance(14_900, 1)
  // Once for each turn of the wheel that the long deadline stays on it.
  expect(clock.timersMade - before).toBeLessThan(8)
  clock.advance(100, 1)
  expect(fired).toEqual([2, 1])
  expect(clock.idle).toBe(true)
})

test('a sooner deadline moves the awakening forward', () => {
  const { clock, wheel, fired, timer } = setUp()
  wheel.set(timer(1), 1000)
  clock.advance(500)
  wheel.set(timer(2), 20)
  clock.advance(30)
  expect(fired).toEqual([2])
  clock.advance(500)
  expect(fired).toEqual([2, 1])
})

test('after a stall, what arrived meanwhile is read before deadlines come', async () => {
  const { clock, wheel, fired, timer } = setUp()
  const [answered, silent] = [timer(1), timer(2)]
  wheel.set(answered, 50)
  wheel.set(silent, 60)
  clock.advance(500, 500)
  expect(fired).toEqual([])
  // The answer was at the socket all the time.
  wheel.clear(answered)
  await new Promise(resolve => setImmediate(resolve))
  expect(fired).toEqual([2])
  expect(clock.idle).toBe(true)
})

test('a stall right after a stall gives the deadlines that it passed another look at the sockets', async () => {
  const { clock, wheel, fired, timer } = setUp()
  wheel.set(timer(1), 50)
  wheel.set(timer(2), 600)
  clock.advance(500, 500)
  clock.advance(500, 500)
  await new Promise(resolve => setImmediate(resolve))
  expect(fired).toEqual([1])
  clock.advance(40, 40)
  expect(fired).toEqual([1])
  await new Promise(resolve => setImmediate(resolve))
  expect(fired).toEqual([1, 2])
  clock.advance(100)
  expect(clock.idle).toBe(true)
})

test('deadlines that are set and cleared while the wheel is late keep their time', async () => {
  const { clock, wheel, fired, timer } = setUp()
  const first = timer(1)
  wheel.set(first, 50)
  clock.advance(500, 500)
  wheel.clear(first)
  wheel.set(timer(2), 30)
  await new Promise(resolve => setImmediate(resolve))
  expect(fired).toEqual([])
  clock.advance(40, 5)
  expect(fired).toEqual([2])
})
