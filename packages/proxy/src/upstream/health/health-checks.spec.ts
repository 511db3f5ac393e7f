import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { assignment, chain, cluster, endpoint, listener, tcpProxy } from '../../engine/testdata/configs.ts'
import { Harness } from '../../engine/testdata/harness.ts'
import type { EndpointCheckConfig, HealthCheckConfig } from '../../model/health-check.ts'
import { CONFIG } from './testdata/check-config.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => {
  harness.engine.removeCluster('a')
  return harness.close()
})

const FAST: HealthCheckConfig = { ...CONFIG, intervalMs: 20, noTrafficIntervalMs: 20, noTrafficHealthyIntervalMs: 20 }
const EDS = { kind: 'eds', serviceName: '' } as const

function flags(): readonly string[] {
  const found = harness.engine.clusters().find(({ config }) => config.name === 'a')
  return (found?.hosts ?? []).map(({ healthFlags }) => healthFlags)
}

function checkAt(port: number, over: Partial<EndpointCheckConfig> = {}): EndpointCheckConfig {
  return { port, hostname: '', address: null, disabled: false, ...over }
}

it('checks over HTTP, outside the figures of requests, and keeps its connection', async () => {
  let status = 200
  let sockets = 0
  const seen: (string | undefined)[] = []
  const { port, server } = await harness.httpServer(({ headers, url }, response) => {
    seen.push(url, headers.host, headers['user-agent'])
    response.writeHead(status).end()
  })
  server.on('connection', () => sockets++)
  harness.engine.setCluster(cluster('a', [endpoint(1, { check: checkAt(port, { hostname: 'hc.test' }) })], { healthCheck: FAST }))
  expect(flags()).toEqual(['/failed_active_hc'])
  await vi.waitFor(() => expect(flags()).toEqual(['healthy']))
  expect(seen.slice(0, 3)).toEqual(['/healthz', 'hc.test', 'Envoy/HC'])
  status = 503
  await vi.waitFor(() => expect(flags()).toEqual(['/failed_active_hc']))
  expect(sockets).toBe(1)
  expect(harness.counter('cluster.a.health_check.success')).toBeGreaterThan(0)
  expect(harness.counter('cluster.a.health_check.failure')).toBeGreaterThan(0)
  expect([harness.counter('cluster.a.upstream_cx_total'), harness.counter('cluster.a.upstream_rq_total')]).toEqual([0, 0])
})

it('does not check what says so', () => {
  const check = checkAt(0, { disabled: true })
  harness.engine.setCluster(cluster('a', [endpoint(1, { check })], { healthCheck: FAST }))
  expect(flags()).toEqual(['healthy'])
  expect(harness.counter('cluster.a.health_check.attempt')).toBe(0)
})

it('keeps hosts that left until their check fails', async () => {
  let status = 200
  const { port } = await harness.httpServer((_request, response) => void response.writeHead(status).end())
  harness.engine.setCluster(cluster('a', [], { discovery: EDS, healthCheck: FAST }))
  harness.engine.setEndpoints(assignment('a', [endpoint(port)]))
  await vi.waitFor(() => expect(flags()).toEqual(['healthy']))
  harness.engine.setEndpoints(assignment('a', [endpoint(port)]))
  expect(flags()).toEqual(['healthy'])
  harness.engine.setEndpoints(assignment('a', []))
  expect(flags()).toEqual(['/pending_dynamic_removal'])
  status = 500
  await vi.waitFor(() => expect(flags()).toEqual([]))
  const attempts = harness.counter('cluster.a.health_check.attempt')
  await new Promise(resolve => setTimeout(resolve, 60))
  expect(harness.counter('cluster.a.health_check.attempt')).toBe(attempts)
})

it.each([
  ['PONG', 'healthy'],
  ['NOPE', '/failed_active_hc/active_hc_timeout'],
])('checks over TCP: %s means %s', async (answer, expected) => {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const checker = { kind: 'tcp', send: Buffer.from('PING'), receive: [Buffer.from('PONG')] } as const
  harness.engine.setCluster(cluster('a', [endpoint(port)], { healthCheck: { ...FAST, timeoutMs: 50, checker } }))
  await vi.waitFor(() => expect(flags()).toEqual([expected]))
  harness.engine.removeCluster('a')
  await vi.waitFor(() => expect(open.size).toBe(0))
  server.close()
})

it.each([
  [true, 'closes'],
  [false, 'keeps'],
])('close_connections_on_host_health_failure %s: %s connections through it', async closeOnHostFailure => {
  let status = 200
  const { port: checked } = await harness.httpServer((_request, response) => void response.writeHead(status).end())
  const echo = await harness.tcpServer(socket => void socket.on('data', data => socket.write(data)))
  const host = endpoint(echo, { check: checkAt(checked) })
  harness.engine.setCluster(cluster('a', [host], { healthCheck: FAST, closeOnHostFailure }))
  await vi.waitFor(() => expect(flags()).toEqual(['healthy']))
  const client = connect(await harness.listen(listener('main', [chain(tcpProxy('a'))])), '127.0.0.1')
  let ended = false
  client
    .on('error', () => undefined)
    .on('close', () => (ended = true))
    .on('end', () => (ended = true))
  client.write('x')
  await new Promise<void>(resolve => client.on('data', () => resolve()))
  status = 500
  await vi.waitFor(() => expect(flags()).toEqual(['/failed_active_hc']))
  await new Promise(resolve => setTimeout(resolve, 30))
  expect(ended).toBe(closeOnHostFailure)
  client.destroy()
})
