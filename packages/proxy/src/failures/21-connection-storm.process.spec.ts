import { setTimeout as sleep } from 'node:timers/promises'
import { admin, bootstrap, cluster, httpFilter, type Json, listener, ProxyAdmin, StaticProxy } from '@meshwork/testkit/bootstrap'
import {
  BackendProcess,
  ConnectionStorm,
  CountedLoad,
  figures,
  growth,
  nowMs,
  type Outcome,
  proxyStats,
  quantile,
  tally,
} from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { expect, it } from 'vitest'

const RATE = 200
const STORM = 4000
const STORM_MS = 1000
/** Connections that are let in at once, and each second. */
const ADMITTED = 300

const RATE_LIMIT: Json = {
  name: 'rate',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit',
    stat_prefix: 'storm',
    token_bucket: { max_tokens: ADMITTED, tokens_per_fill: ADMITTED, fill_interval: '1s' },
  },
}

function p99(outcomes: readonly Outcome[]): number {
  return quantile(
    outcomes.map(({ tookMs }) => tookMs),
    0.99,
  )
}

it('[failure-21] a storm of connections is let in at a bounded rate, all of it is accounted for, and who was there goes on', async () => {
  await using backend = await BackendProcess.start({ name: 'backend' })
  const [entry = 0, adminPort = 0] = await freePorts(2)
  const guarded: Json = { ...listener(entry, RATE_LIMIT), filter_chains: [{ filters: [RATE_LIMIT, httpFilter('service', 'AUTO')] }] }
  await using proxy = await StaticProxy.start('proxy', bootstrap([guarded], [cluster('service', backend.port)], admin(adminPort)))
  const page = new ProxyAdmin(adminPort, proxy.child.pid ?? 0)
  // One connection, which is there before the storm: a further one would be counted with it.
  const load = new CountedLoad({ port: entry, ratePerSecond: RATE, connections: 1 })
  await sleep(1500)
  const first = await proxyStats(page)
  const stormAt = nowMs()
  await using storm = await ConnectionStorm.start(entry, STORM, STORM_MS)
  await expect.poll(async () => (await storm.report()).opened, { timeout: 20_000 }).toBe(STORM)
  await sleep(500)
  const until = nowMs()
  const outcomes = await load.stop()
  const { opened, failed, ended } = await storm.report()
  const last = await proxyStats(page)
  const accepted = growth(first, last, new RegExp(`^listener\\.127\\.0\\.0\\.1_${entry}\\.downstream_cx_total$`))
  const limited = growth(first, last, /^local_rate_limit\.storm\.rate_limited$/)
  const { sent, lost, duplicated } = tally(outcomes, backend.seen, stormAt)
  const calm = outcomes.filter(({ dueMs }) => dueMs > stormAt - 1000 && dueMs < stormAt)
  const during = outcomes.filter(({ dueMs }) => dueMs >= stormAt && dueMs < until)
  const times = { calmP99Ms: p99(calm), stormP99Ms: p99(during) }
  figures('failure-21', { sent, lost: lost.length, duplicated: duplicated.length, opened, failed, accepted, limited, ended, ...times })
  expect(lost).toEqual([])
  expect(duplicated).toEqual([])
  // Nobody was dropped without being counted, and the budget was kept for each of the seconds that it took.
  expect(accepted).toBe(opened - failed)
  expect(limited).toBe(ended)
  expect(accepted - limited).toBeLessThanOrEqual(ADMITTED * (2 + (until - stormAt) / 1000))
  expect(limited).toBeGreaterThan(STORM / 3)
  // The goal is 3; on two processors that others use as well, what can be told is that nobody waits for the whole storm.
  expect(times.stormP99Ms).toBeLessThan(Math.max(3 * times.calmP99Ms, 300))
})
