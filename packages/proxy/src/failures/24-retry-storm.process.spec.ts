import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '@meshwork/testkit/bootstrap'
import { CountedLoad, figures, nowMs, ServiceRig, tally } from '@meshwork/testkit/faults'
import { expect, it } from 'vitest'

const RATE = 300
const RUN_MS = 2000
const RETRIES: Json = {
  retry_policy: { retry_on: '5xx', num_retries: 3, retry_back_off: { base_interval: '0.001s', max_interval: '0.002s' } },
}

/** Attempts for each request at a service of which every second attempt fails. */
async function amplification(
  threshold: Json,
): Promise<{ readonly amplification: number; readonly overflow: number; readonly failed: number }> {
  const circuit_breakers = { thresholds: [threshold] }
  const backend = { delayMs: 100, failEvery: 2 }
  await using rig = await ServiceRig.start({ backends: 2, backend, cluster: { circuit_breakers }, action: RETRIES })
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: RATE, connections: 128 })
  await sleep(RUN_MS)
  const outcomes = await load.stop()
  const { sent, lost } = tally(outcomes, rig.seen(), nowMs())
  const run = {
    amplification: rig.seen().length / sent,
    overflow: await rig.admin.stat('cluster.service.upstream_rq_retry_overflow'),
    failed: lost.length,
  }
  figures(`failure-24 ${JSON.stringify(threshold)}`, { sent, attempts: rig.seen().length, ...run })
  // Each one is answered, be it with the failure.
  expect(outcomes.every(({ status }) => status === 200 || status === 503)).toBe(true)
  return run
}

it('[failure-24] a budget of 20 percent keeps retries from becoming a storm', async () => {
  const run = await amplification({ retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 1 } })
  expect(run.amplification).toBeLessThanOrEqual(1.25)
  expect(run.amplification).toBeGreaterThan(1.05)
  expect(run.overflow).toBeGreaterThan(0)
})

it('[failure-24] which they are where they are only bounded by number', async () => {
  const run = await amplification({ max_retries: 1000 })
  expect(run.amplification).toBeGreaterThan(1.6)
  expect(run.overflow).toBe(0)
})
