import { sleep, systemClock } from '@meshwork/core/time'

import { awaitsMoreUpstream, check } from '../check/check.ts'
import type { Expectation, Fixtures, RequestSpec, Scenario } from '../scenario.ts'
import type { DataPlane } from './data-plane.ts'
import { World } from './world.ts'

/** How long late mirrors and retries are waited for, and how often is looked. */
const SETTLE_MS = 1_000
const LOOK_EVERY_MS = 25

/** Runs one scenario with one kind of proxy; gives a sentence per difference, none when it passes. */
export async function runScenario(scenario: Scenario, fixtures: Fixtures, dataPlane: DataPlane): Promise<readonly string[]> {
  await using world = await World.create(scenario, fixtures, dataPlane)
  const differences: string[] = []
  const byChance = new Set(scenario.expect.flatMap(({ must }) => Object.keys(must.share ?? {})))
  for (const request of scenario.requests) {
    const expectation = scenario.expect.find(one => one.request === request.id)
    const found = await runRequest(world, request, expectation, byChance)
    differences.push(...found.map(text => `${request.id}: ${text}`))
  }
  if (differences.length > 0) differences.push(world.logs())
  return differences
}

async function runRequest(
  world: World,
  request: RequestSpec,
  expectation: Expectation | undefined,
  byChance: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (request.waitBeforeSeconds !== undefined) await sleep(systemClock, request.waitBeforeSeconds * 1000)
  world.forgetNotes()
  const answers = await world.request(request)
  if (expectation === undefined) return []
  const deadline = performance.now() + SETTLE_MS
  let notes = await world.notes()
  while (awaitsMoreUpstream(expectation.must, notes) && performance.now() < deadline) {
    await sleep(systemClock, LOOK_EVERY_MS)
    notes = await world.notes()
  }
  return check(expectation.must, { answers, notes, triesSlack: triesDependOnTime(request) ? 1 : 0, byChance })
}

/** The recordings say in a note where the number of tries is a matter of time or of random back-off. */
function triesDependOnTime(request: RequestSpec): boolean {
  return /\b(?:tries|attempts)\b.*\b(?:time|random|back-off|backoff)\b/i.test(request.note ?? '')
}
