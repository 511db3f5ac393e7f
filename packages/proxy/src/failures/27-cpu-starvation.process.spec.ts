import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '@meshwork/testkit/bootstrap'
import {
  CountedLoad,
  CpuQuota,
  figures,
  FreezeCycle,
  growth,
  nowMs,
  proxyStats,
  ServiceRig,
  type Tally,
  tally,
} from '@meshwork/testkit/faults'
import { expect, it } from 'vitest'

const RATE = 100
const RUN_MS = 3000
/** One failed check would be enough, and one slow answer, to take a host out: none may come of our own lateness. */
const STRICT: Json = {
  health_checks: [
    {
      ...{ timeout: '0.15s', interval: '0.1s', no_traffic_interval: '0.1s', unhealthy_threshold: 1, healthy_threshold: 1 },
      http_health_check: { path: '/check' },
    },
  ],
  outlier_detection: { consecutive_gateway_failure: 1, consecutive_local_origin_failure: 1, split_external_local_origin_errors: true },
  common_lb_config: { healthy_panic_threshold: { value: 0 } },
}
const PER_TRY: Json = { retry_policy: { retry_on: '5xx', num_retries: 1, per_try_timeout: '0.15s' } }

interface Run extends Tally {
  readonly checks: number
  readonly ejections: number
}

/** Loads a service while `starve` holds the proxy back; it returns what lets it go. */
async function run(starve: (pid: number) => () => Promise<void>): Promise<Run> {
  await using rig = await ServiceRig.start({ backends: 3, cluster: STRICT, action: PER_TRY })
  const before = await proxyStats(rig.admin)
  const faultAt = nowMs()
  const release = starve(rig.pid)
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: RATE })
  await sleep(RUN_MS)
  const outcomes = await load.stop()
  await release()
  const after = await proxyStats(rig.admin)
  const seen = rig.seen().filter(({ path }) => path !== '/check')
  const ejections = growth(before, after, /^cluster\.service\.(health_check\.failure|outlier_detection\.ejections_enforced_total)$/)
  return { ...tally(outcomes, seen, faultAt), checks: growth(before, after, /^cluster\.service\.health_check\.attempt$/), ejections }
}

function judge(what: string, { sent, lost, duplicated, checks, ejections }: Run): void {
  figures(`failure-27 ${what}`, { sent, lost: lost.length, duplicated: duplicated.length, checks, ejections })
  expect(sent).toBeGreaterThan(RATE)
  expect(checks).toBeGreaterThan(10)
  expect(ejections).toBe(0)
  expect(lost).toEqual([])
}

it('[failure-27] a proxy that is frozen for longer than its time limits ejects nobody, and repeats nothing', async () => {
  const outcome = await run(pid => {
    const cycle = new FreezeCycle(pid, 300, 450)
    return () => cycle.stop()
  })
  judge('frozen 300 of 450 ms', outcome)
  expect(outcome.duplicated).toEqual([])
})

it('[failure-27] nor does one that gets a fifth of a processor', async context => {
  let quota: CpuQuota | null = null
  const outcome = await run(pid => {
    quota = CpuQuota.of(pid, 0.2)
    return () => Promise.resolve(quota?.end())
  })
  if (quota === null) context.skip('no control group for processor time can be made here')
  judge('a fifth of a processor', outcome)
})
