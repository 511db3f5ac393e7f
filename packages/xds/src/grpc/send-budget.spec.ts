import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { SendBudget } from './send-budget.ts'

const KB = 1024
const LIMIT = 100 * KB
/** Time in which a client has to take some of what it is sent. */
const PROGRESS_MS = 250

interface Sent {
  readonly name: string
  readonly done: () => void
}

class World {
  readonly clock: ManualClock = new ManualClock()
  readonly started: Sent[] = []
  private readonly budget = new SendBudget({ clock: this.clock, bytes: LIMIT })

  /** Returns a way to give up. `taken`: bytes that its client has taken so far. */
  ask(name: string, bytes: number, taken: () => number = () => 0): () => void {
    return this.budget.ask({ bytes, start: done => this.started.push({ name, done }), taken })
  }

  get names(): readonly string[] {
    return this.started.map(({ name }) => name)
  }

  finish(name: string): void {
    this.started.find(sent => sent.name === name)?.done()
  }
}

test('so many bytes are on their way at once, and the others wait in the order in which they came', () => {
  const world = new World()
  for (const name of ['a', 'b', 'c', 'd']) world.ask(name, 50 * KB)
  expect(world.names).toEqual(['a', 'b'])
  world.finish('b')
  expect(world.names).toEqual(['a', 'b', 'c'])
  world.finish('a')
  expect(world.names).toEqual(['a', 'b', 'c', 'd'])
})

test('one that alone is more than the limit goes out alone', () => {
  const world = new World()
  world.ask('small', 1)
  world.ask('large', 2 * LIMIT)
  world.ask('next', 1)
  expect(world.names).toEqual(['small'])
  world.finish('small')
  expect(world.names).toEqual(['small', 'large'])
  world.finish('large')
  expect(world.names).toEqual(['small', 'large', 'next'])
})

test('a small one does not overtake a large one that waits', () => {
  const world = new World()
  world.ask('first', 60 * KB)
  world.ask('large', 60 * KB)
  world.ask('small', 1)
  expect(world.names).toEqual(['first'])
})

test('a client that takes nothing lets the others go on, and is not counted twice when it ends', () => {
  const world = new World()
  world.ask('stuck', LIMIT)
  world.ask('next', LIMIT)
  world.ask('last', LIMIT)
  world.clock.advance(PROGRESS_MS - 1)
  expect(world.names).toEqual(['stuck'])
  world.clock.advance(1)
  expect(world.names).toEqual(['stuck', 'next'])
  world.finish('stuck')
  expect(world.names).toEqual(['stuck', 'next'])
  world.finish('next')
  expect(world.names).toEqual(['stuck', 'next', 'last'])
})

test('a client that takes enough keeps its turn, but not for ever', () => {
  const world = new World()
  let taken = 0
  world.ask('steady', LIMIT, () => taken)
  world.ask('next', LIMIT)
  for (let check = 1; check < 8; check++) {
    taken += 64 * KB
    world.clock.advance(PROGRESS_MS)
    expect(world.names).toEqual(['steady'])
  }
  taken += 64 * KB
  world.clock.advance(PROGRESS_MS)
  expect(world.names).toEqual(['steady', 'next'])
})

test('whoever gives up frees its share, or never starts', () => {
  const world = new World()
  const giveUp = world.ask('a', LIMIT)
  const neverMind = world.ask('b', LIMIT)
  world.ask('c', LIMIT)
  neverMind()
  giveUp()
  expect(world.names).toEqual(['a', 'c'])
})
