import { setTimeout as sleep } from 'node:timers/promises'
import { cluster, dynamicHttpFilter, fromControlPlane, listener, ProxyAdmin, routeTable, StaticProxy } from '@meshwork/testkit/bootstrap'
import { BackendProcess, CountedLoad, figures, nowMs, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { jsonResource, jsonResources, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE, seal, type XdsResource } from '@meshwork/xds/types'
import { expect, it } from 'vitest'

/** Fields 2 of RouteConfiguration and 3 of VirtualHost. */
const VIRTUAL_HOSTS_TAG = 0x12
const ROUTES_TAG = 0x1a

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 128)
  }
}

/** The table with its one route so many times. Encoded by hand: a million objects would be the test's own poison. */
function repeated(table: object, times: number): XdsResource {
  const { bytes } = jsonResource(ROUTE_TYPE, 'main', table)
  const hostAt = bytes.indexOf(VIRTUAL_HOSTS_TAG)
  const host = bytes.subarray(hostAt + 2)
  const route = host.subarray(host.indexOf(ROUTES_TAG))
  const hosts = Buffer.concat([host.subarray(0, host.indexOf(ROUTES_TAG)), ...Array.from({ length: times }, () => route)])
  const whole = Buffer.concat([bytes.subarray(0, hostAt), Buffer.from([VIRTUAL_HOSTS_TAG]), varint(hosts.length), hosts])
  return seal(ROUTE_TYPE, 'main', () => whole)
}

function matching(regexes: readonly string[]): object {
  const routes = regexes.map(regex => ({ match: { safe_regex: { regex } }, route: { cluster: 'service' } }))
  return { name: 'main', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] }
}

const POISONS = [
  {
    name: 'a million routes',
    reason: /^main: has \d+ bytes, more than/,
    table: () => repeated(routeTable('main', 'service'), 1_000_000),
    stallMs: 200,
  },
  {
    name: '200,000 routes',
    reason: /^main: virtual_hosts: hold 200000 routes, more than 50000/,
    table: () => repeated(routeTable('main', 'service'), 200_000),
    stallMs: 200,
  },
  {
    name: 'a regular expression of 800,000 instructions',
    reason: /safe_regex\.regex: compiles to about \d+ instructions, more than/,
    table: () => jsonResource(ROUTE_TYPE, 'main', matching(['\\pL{1,999}'.repeat(400)])),
    stallMs: 200,
  },
  {
    name: 'a thousand large regular expressions',
    reason: /safe_regex\.regex: is too much with the others/,
    table: () => jsonResource(ROUTE_TYPE, 'main', matching(Array.from({ length: 1000 }, (_, index) => `/${index}/\\pL{1,999}`))),
    // Those within the limit are compiled: as long as an accepted table may take.
    stallMs: 2_500,
  },
] as const

it.each(POISONS)('[failure-5] $name is refused by a stated limit before it stops the traffic', async ({ name, reason, table, stallMs }) => {
  const poison = table()
  expect(poison.bytes.length).toBeGreaterThan(0)
  await using backend = await BackendProcess.start({ name: 'backend' })
  const [entry = 0, adminPort = 0] = await freePorts(2)
  const pilot = new TestControlPlane()
  pilot.set(
    jsonResources({
      [CLUSTER_TYPE]: [cluster('service', backend.port)],
      [LISTENER_TYPE]: [listener(entry, dynamicHttpFilter('main'))],
      [ROUTE_TYPE]: [routeTable('main', 'service')],
    }),
  )
  await pilot.start()
  await using proxy = await StaticProxy.start('proxy', fromControlPlane(Number(pilot.address.split(':')[1]), adminPort))
  const admin = new ProxyAdmin(adminPort, proxy.child.pid ?? 0)
  const load = new CountedLoad({ port: entry, ratePerSecond: 200 })
  await sleep(1_000)
  const rssBefore = admin.residentBytes()
  await proxy.longestStallMs()
  const pushedAt = nowMs()
  pilot.set(new Map([[ROUTE_TYPE, [poison]]]))
  while (pilot.answers.every(({ error }) => error === null) && nowMs() - pushedAt < 20_000) await sleep(5)
  const refusedMs = nowMs() - pushedAt
  await sleep(300)
  const rssRatio = admin.residentBytes() / rssBefore
  const longestMs = await proxy.longestStallMs()
  const { sent, lost } = tally(await load.stop(), backend.seen, pushedAt)
  figures(`failure-5 ${name}`, { bytes: poison.bytes.length, sent, lost: lost.length, refusedMs, stallMs: longestMs, rssRatio })
  pilot.stop()
  expect(pilot.answers.findLast(({ error }) => error !== null)?.error).toMatch(reason)
  expect(lost).toEqual([])
  // The goal is 20 ms; a busy machine adds to it.
  expect(longestMs).toBeLessThan(stallMs)
  expect(rssRatio).toBeLessThan(2)
})

it('[failure-5] a route that leads back to its own listener ends at its limits, and what else there is goes on', async () => {
  await using backend = await BackendProcess.start({ name: 'backend' })
  const [entry = 0, loop = 0, adminPort = 0] = await freePorts(3)
  const pilot = new TestControlPlane()
  pilot.set(
    jsonResources({
      [CLUSTER_TYPE]: [cluster('service', backend.port), cluster('loop', loop)],
      [LISTENER_TYPE]: [listener(entry, dynamicHttpFilter('main')), listener(loop, dynamicHttpFilter('loop'))],
      [ROUTE_TYPE]: [routeTable('main', 'service'), routeTable('loop', 'loop', { timeout: '1s' })],
    }),
  )
  await pilot.start()
  await using proxy = await StaticProxy.start('proxy', fromControlPlane(Number(pilot.address.split(':')[1]), adminPort))
  const admin = new ProxyAdmin(adminPort, proxy.child.pid ?? 0)
  const load = new CountedLoad({ port: entry, ratePerSecond: 100 })
  await sleep(500)
  const rssBefore = admin.residentBytes()
  const loopedAt = nowMs()
  const reply = await fetch(`http://127.0.0.1:${loop}/round`)
  await reply.text()
  const endedMs = nowMs() - loopedAt
  const { sent, lost } = tally(await load.stop(), backend.seen, loopedAt)
  figures('failure-5 route loop', { sent, lost: lost.length, status: reply.status, endedMs, rssRatio: admin.residentBytes() / rssBefore })
  pilot.stop()
  // 503 when the circuit breaker of the cluster opens, 504 when the time is over first.
  expect([503, 504]).toContain(reply.status)
  expect(endedMs).toBeLessThan(5_000)
  expect(lost).toEqual([])
  expect(await admin.stat('cluster.loop.upstream_rq_active')).toBe(0)
})
