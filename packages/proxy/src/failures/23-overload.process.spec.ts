import { setTimeout as sleep } from 'node:timers/promises'
import { CountedLoad, figures, nowMs, type Outcome, quantile, ServiceRig, tally } from '@meshwork/testkit/faults'
import { expect, it } from 'vitest'

const PARALLEL = 16
const DELAY_MS = 200
/** What the service can do: requests a second. */
const PEAK = (PARALLEL * 1000) / DELAY_MS
const PHASE_MS = 2000
/** The service takes so many at once; as many may wait. */
const LIMITS = { circuit_breakers: { thresholds: [{ max_connections: PARALLEL, max_pending_requests: PARALLEL }] } }

async function phase(rig: ServiceRig, ratePerSecond: number, path: string): Promise<readonly Outcome[]> {
  const load = new CountedLoad({ port: rig.entry, ratePerSecond, connections: 256, path })
  await sleep(PHASE_MS)
  return load.stop()
}

function acceptedTimes(outcomes: readonly Outcome[]): readonly number[] {
  return outcomes.filter(({ status }) => status === 200).map(({ tookMs }) => tookMs)
}

it('[failure-23] at ten times what a service can do, it does what it can, what it takes is answered soon, and the rest at once', async () => {
  await using rig = await ServiceRig.start({ backends: 1, backend: { delayMs: DELAY_MS }, cluster: LIMITS })
  const before = await phase(rig, PEAK * 0.8, '/before/')
  const overload = await phase(rig, PEAK * 10, '/over/')
  const after = await phase(rig, PEAK * 0.8, '/after/')
  const accepted = acceptedTimes(overload)
  const shed = overload.filter(({ status }) => status === 503)
  const times = {
    beforeP99Ms: quantile(acceptedTimes(before), 0.99),
    acceptedP99Ms: quantile(accepted, 0.99),
    shedP50Ms: quantile(
      shed.map(({ tookMs }) => tookMs),
      0.5,
    ),
  }
  const goodput = (accepted.length * 1000) / PHASE_MS / PEAK
  const { lost, duplicated } = tally([...before, ...after], rig.seen(), nowMs())
  figures('failure-23', {
    peak: PEAK,
    sent: overload.length,
    shed: shed.length,
    goodputPercent: goodput * 100,
    lost: lost.length,
    ...times,
  })
  // Each one is answered, and counted by the proxy as the one or the other.
  expect(accepted.length + shed.length).toBe(overload.length)
  expect(await rig.admin.stat('cluster.service.upstream_rq_pending_overflow')).toBe(shed.length)
  expect(rig.seen().filter(({ path }) => path.startsWith('/over/')).length).toBe(accepted.length)
  expect(duplicated).toEqual([])
  expect(lost).toEqual([])
  expect(goodput).toBeGreaterThan(0.9)
  expect(times.acceptedP99Ms).toBeLessThan(5 * times.beforeP99Ms)
  expect(times.shedP50Ms).toBeLessThan(DELAY_MS / 2)
})
