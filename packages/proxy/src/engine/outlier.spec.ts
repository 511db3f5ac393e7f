import { connect, createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EndpointConfig } from '../model/cluster.ts'
import type { OutlierConfig } from '../model/outlier.ts'
import { outlierConfig } from '../upstream/outlier/testdata/outlier-config.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, tcpProxy, virtualHost } from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

async function server(status: number): Promise<EndpointConfig> {
  const { port } = await harness.httpServer((_, response) => {
    response.statusCode = status
    response.end()
  })
  return endpoint(port)
}

/** A port that refuses. */
async function closedPort(): Promise<EndpointConfig> {
  const { port, server: gone } = await harness.httpServer(() => undefined)
  await new Promise(resolve => gone.close(resolve))
  return endpoint(port)
}

async function listen(endpoints: readonly EndpointConfig[], over: Partial<OutlierConfig>): Promise<number> {
  harness.engine.setCluster(cluster('a', endpoints, { outlier: outlierConfig(over) }))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
}

async function statuses(port: number, count: number): Promise<readonly number[]> {
  const seen: number[] = []
  for (let i = 0; i < count; i++) seen.push((await get(port)).status)
  return seen.toSorted((a, b) => a - b)
}

function flags(): readonly string[] {
  return (harness.engine.clusters()[0]?.hosts ?? []).map(host => host.healthFlags)
}

test('a host that answers with errors is left out', async () => {
  const proxy = await listen([await server(200), await server(500)], { consecutive5xx: 2 })
  expect(await statuses(proxy, 10)).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 500, 500])
  expect(flags()).toEqual(['healthy', '/failed_outlier_check'])
  expect(harness.counter('cluster.a.outlier_detection.ejections_active')).toBe(1)
  expect(harness.counter('cluster.a.membership_healthy')).toBe(1)
  // The connections of the ejected host are not kept.
  await expect.poll(() => harness.counter('cluster.a.upstream_cx_active')).toBe(1)
})

test('a host that refuses connections is left out', async () => {
  const proxy = await listen([await closedPort(), await server(200)], { splitLocalOrigin: true, consecutiveLocalOriginFailure: 1 })
  expect(await statuses(proxy, 6)).toEqual([200, 200, 200, 200, 200, 503])
  expect(flags()).toEqual(['/failed_outlier_check', 'healthy'])
})

test('an ejected host returns', async () => {
  const proxy = await listen([await server(500), await server(200)], { consecutive5xx: 1, intervalMs: 20, baseEjectionMs: 60 })
  await statuses(proxy, 2)
  expect(flags()).toContain('/failed_outlier_check')
  await expect.poll(flags).toEqual(['healthy', 'healthy'])
})

test('a host that TCP connections do not reach is left out', async () => {
  const up = await harness.tcpServer(socket => socket.end('hello'))
  harness.engine.setCluster(cluster('a', [await closedPort(), endpoint(up)], { outlier: outlierConfig({ consecutive5xx: 1 }) }))
  const proxy = await harness.listen(listener('main', [chain(tcpProxy('a'))]))
  const seen: string[] = []
  for (let i = 0; i < 4; i++) seen.push(await exchange(proxy, []))
  expect(seen.toSorted()).toEqual(['', 'hello', 'hello', 'hello'])
  expect(flags()).toEqual(['/failed_outlier_check', 'healthy'])
})

test('connections to a host that is ejected end where the cluster wants it', async () => {
  const server = createServer(socket => void socket.on('error', () => undefined).write('hello'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const host = endpoint(typeof address === 'object' && address !== null ? address.port : 0)
  const over = { outlier: outlierConfig({ consecutive5xx: 1 }), closeOnHostFailure: true }
  harness.engine.setCluster(cluster('a', [host], over))
  const proxy = await harness.listen(listener('main', [chain(tcpProxy('a'))]))
  const kept = connect(proxy, '127.0.0.1')
  const closed = new Promise<void>(resolve => kept.once('close', () => resolve()))
  kept.on('error', () => undefined)
  await new Promise(resolve => kept.once('data', resolve))
  server.close()
  expect(await exchange(proxy, [])).toBe('')
  await closed
  expect(harness.counter('cluster.a.upstream_cx_active')).toBe(0)
})
