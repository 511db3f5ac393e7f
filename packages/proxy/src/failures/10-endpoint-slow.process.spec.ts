import { setTimeout as sleep } from 'node:timers/promises'
import { admin, bootstrap, cluster, httpFilter, listener, ProxyAdmin, StaticProxy } from '@meshwork/testkit/bootstrap'
import { BackendProcess, CountedLoad, figures, nowMs, quantile, Relay, ServiceRig, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { expect, it } from 'vitest'

/** Each way: an answer takes some 600 ms instead of some 2. */
const DELAY_MS = 300
const PER_TRY_MS = 250
const RATE = 200
/** A retry goes to an endpoint that was not tried yet. */
const OTHER_HOSTS = {
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate' },
    },
  ],
  host_selection_retry_max_attempts: 5,
}

it('[failure-10] an endpoint that became slow is left out, and no request is lost or held up by it for long', async () => {
  const relays: Relay[] = []
  await using rig = await ServiceRig.start({
    backends: 5,
    portOf: async ({ port }) => {
      const relay = await Relay.listen(port)
      relays.push(relay)
      return relay.port
    },
    action: {
      retry_policy: {
        retry_on: 'gateway-error,connect-failure,reset',
        num_retries: 3,
        per_try_timeout: `${PER_TRY_MS / 1000}s`,
        ...OTHER_HOSTS,
      },
    },
    cluster: {
      lb_policy: 'LEAST_REQUEST',
      // Istio's; Envoy's default of 3 at a time would refuse retries.
      circuit_breakers: { thresholds: [{ max_retries: 1000 }] },
      outlier_detection: { consecutive_gateway_failure: 3, base_ejection_time: '30s', max_ejection_percent: 20 },
    },
  })
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: RATE, connections: 32 })
  await sleep(700)
  const slow = relays[1]
  if (slow === undefined) throw new Error('there is no relay')
  slow.plan = () => ({ delayMs: DELAY_MS })
  slow.cut()
  const faultAt = nowMs()
  while (!(await rig.admin.ejected(slow.port)) && nowMs() - faultAt < 5_000) await sleep(2)
  const ejectedMs = nowMs() - faultAt
  await sleep(1_500)
  const outcomes = await load.stop()
  const { sent, lost } = tally(outcomes, rig.seen(), faultAt)
  const after = outcomes.filter(({ dueMs }) => dueMs > faultAt + ejectedMs)
  const goodput = after.filter(({ status, tookMs }) => status === 200 && tookMs < DELAY_MS).length / after.length
  figures('failure-10 slow endpoint', { sent, lost: lost.length, ejectedMs, goodputPercent: goodput * 100 })
  for (const relay of relays) await relay[Symbol.asyncDispose]()
  expect(lost).toEqual([])
  // Once it is left out. Until then those that went to it took a second try after 250 ms.
  expect(goodput).toBeGreaterThanOrEqual(0.99)
  expect(ejectedMs).toBeLessThan(1_000)
})

it('[failure-10] a slow service keeps to its limit of requests, and the service beside it gives all it gave before', async () => {
  await using slow = await BackendProcess.start({ name: 'slow', delayMs: 200 })
  await using quick = await BackendProcess.start({ name: 'quick' })
  const [slowEntry = 0, quickEntry = 0, adminPort = 0] = await freePorts(3)
  const circuit_breakers = { thresholds: [{ max_requests: 10, max_connections: 10, max_pending_requests: 5 }] }
  const listeners = [listener(slowEntry, httpFilter('slow', 'AUTO')), listener(quickEntry, httpFilter('quick', 'AUTO'))]
  const clusters = [cluster('slow', slow.port, { circuit_breakers }), cluster('quick', quick.port)]
  await using proxy = await StaticProxy.start('proxy', bootstrap(listeners, clusters, admin(adminPort)))
  const page = new ProxyAdmin(adminPort, proxy.child.pid ?? 0)
  const quickLoad = new CountedLoad({ port: quickEntry, ratePerSecond: RATE })
  await sleep(800)
  const faultAt = nowMs()
  // Four times what ten at a time can do.
  const slowLoad = new CountedLoad({ port: slowEntry, ratePerSecond: RATE, connections: 128 })
  await sleep(1_500)
  const slowOutcomes = await slowLoad.stop()
  const outcomes = await quickLoad.stop()
  const { sent, lost } = tally(outcomes, quick.seen, faultAt)
  const [before, during] = [outcomes.filter(({ dueMs }) => dueMs < faultAt), outcomes.filter(({ dueMs }) => dueMs >= faultAt)]
  const refused = slowOutcomes.filter(({ status }) => status === 503)
  figures('failure-10 slow service', {
    sent,
    lost: lost.length,
    refused: refused.length,
    quickP50BeforeMs: quantile(
      before.map(({ tookMs }) => tookMs),
      0.5,
    ),
    quickP50DuringMs: quantile(
      during.map(({ tookMs }) => tookMs),
      0.5,
    ),
  })
  expect(lost).toEqual([])
  expect(refused.length).toBeGreaterThan(slowOutcomes.length / 2)
  expect(slowOutcomes.filter(({ status, body }) => status === 503 && !body.includes('overflow'))).toEqual([])
  expect(slowOutcomes.filter(({ status }) => status !== 503 && status !== 200)).toEqual([])
  // At no time more than its limit: what was answered fits into the time there was.
  expect(await page.stat('cluster.slow.upstream_cx_total')).toBeLessThanOrEqual(10)
})
