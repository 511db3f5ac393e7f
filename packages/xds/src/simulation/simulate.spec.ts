import { ManualClock } from '@meshwork/testkit/clock'
import { expect, it } from 'vitest'
import { simulate } from './simulate.ts'

/** The long form: `MESHWORK_SCHEDULES=100000 vitest run --project unit simulation`. */
const SCHEDULES = Number(process.env['MESHWORK_SCHEDULES'] ?? 2_000)
const FIRST = Number(process.env['MESHWORK_FIRST_SEED'] ?? 1)

it('keeps its invariants through cuts, reorderings, refusals and restarts', async () => {
  const failures: string[] = []
  for (let seed = FIRST; seed < FIRST + SCHEDULES && failures.length < 3; seed++) {
    const broken = await simulate(seed, new ManualClock())
    if (broken.length > 0) failures.push(`seed ${seed}: ${[...new Set(broken)].join('; ')}`)
  }
  expect(failures).toEqual([])
}, 1_800_000)

it.each([
  [56, 'a refusal that answers a response before the mending one'],
  [710, 'a client that comes back with routes, to a cluster that it refuses'],
  [792, 'a cluster that is mended before its refusal arrives'],
  [2051, 'a client that comes back with routes and never accepted clusters'],
  [5074, 'the same in the other variant'],
  [27829, 'a client that comes back with routes, and wants one more'],
  [8233, 'a cluster that is sent shortly before the patience with another one ends'],
])('seed %d: %s', async seed => {
  expect(await simulate(seed, new ManualClock())).toEqual([])
})
