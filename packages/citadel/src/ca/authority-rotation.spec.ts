import { silentLogger } from '@meshwork/core/log'
import { createTestCa } from '@meshwork/testkit/ca'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'

import { AuthorityRotation } from './authority-rotation.ts'
import { type SigningAuthority, trustedRoots } from './slots.ts'

const OVERLAP_MS = 300_000
const LIFE_MS = 3_600_000
const POLL_MS = 2_000

async function authority(): Promise<SigningAuthority> {
  const { issuer } = await createTestCa('cluster.local', () => new ManualClock().now())
  return { ...issuer, intermediates: [], root: issuer.certificate }
}

interface World {
  readonly rotation: AuthorityRotation
  readonly changes: () => number
  plug(next: SigningAuthority | Error | undefined): void
  /** In steps, so that what is asked for is answered in between. */
  pass(ms: number): Promise<void>
}

async function worldWith(first: SigningAuthority, known: readonly SigningAuthority[] = []): Promise<World> {
  const clock = new ManualClock()
  let plugged: SigningAuthority | Error | undefined = first
  let changes = 0
  const rotation = new AuthorityRotation({
    first,
    known: known.map(({ root }) => root),
    pluggedIn: () => (plugged instanceof Error ? Promise.reject(plugged) : Promise.resolve(plugged)),
    overlapMs: OVERLAP_MS,
    longestLifeMs: LIFE_MS,
    clock,
    log: silentLogger,
  })
  rotation.onChange(() => changes++)
  await rotation.start()
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= POLL_MS) {
      clock.advance(Math.min(left, POLL_MS))
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    }
  }
  return { rotation, changes: () => changes, plug: next => (plugged = next), pass }
}

function rootsIn({ rotation }: World): readonly string[] {
  return trustedRoots(rotation.slots).map(({ pem }) => pem)
}

test('another root is trusted before it signs, and the old one until what it signed has ended', async () => {
  const [old, next] = [await authority(), await authority()]
  const world = await worldWith(old)
  await world.pass(60_000)
  expect([rootsIn(world), world.changes()]).toEqual([[old.root.pem], 0])

  world.plug(next)
  await world.pass(POLL_MS)
  expect(rootsIn(world)).toEqual([old.root.pem, next.root.pem])
  await world.pass(OVERLAP_MS - POLL_MS)
  expect(world.rotation.slots.active).toBe(old)
  await world.pass(POLL_MS)
  expect(world.rotation.slots.active).toBe(next)
  expect(rootsIn(world)).toEqual([next.root.pem, old.root.pem])

  await world.pass(LIFE_MS - POLL_MS)
  expect(rootsIn(world)).toEqual([next.root.pem, old.root.pem])
  await world.pass(POLL_MS)
  expect(rootsIn(world)).toEqual([next.root.pem])
  expect(world.changes()).toBe(3)
})

test('one that is taken back before it signs leaves no trace; one below a trusted root signs at once', async () => {
  const [old, next] = [await authority(), await authority()]
  const world = await worldWith(old)
  world.plug(next)
  await world.pass(OVERLAP_MS / 2)
  world.plug(old)
  await world.pass(OVERLAP_MS * 2)
  expect(world.rotation.slots).toEqual({ active: old, prepared: null, retired: [] })

  const below = { ...next, root: old.root }
  world.plug(below)
  await world.pass(POLL_MS)
  expect(world.rotation.slots.active).toBe(below)
})

test('nothing plugged in any more, or something that cannot be used, changes nothing', async () => {
  const old = await authority()
  const world = await worldWith(old)
  for (const next of [undefined, new Error('broken')]) {
    world.plug(next)
    await world.pass(OVERLAP_MS * 2)
  }
  expect([world.rotation.slots.active, world.changes()]).toEqual([old, 0])
})

test('roots that a process before this one published are trusted a while longer', async () => {
  const [old, next] = [await authority(), await authority()]
  const world = await worldWith(next, [old, next])
  expect(rootsIn(world)).toEqual([next.root.pem, old.root.pem])
  await world.pass(LIFE_MS)
  expect(rootsIn(world)).toEqual([next.root.pem])
})
