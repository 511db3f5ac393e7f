import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { floodForAWhile, FRAME, forgetPeak, frame, get, http2Preface, processUsage } from '@meshwork/testkit/attack'
import { admin, bootstrap, cluster, httpFilter, type Json, listener, ProxyAdmin, StaticProxy } from '@meshwork/testkit/bootstrap'
import {
  CountedLoad,
  figures,
  growth,
  nowMs,
  PatientClient,
  type PatientClientOptions,
  proxyStats,
  type SeenRequest,
  tally,
} from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { afterEach, beforeEach, expect, it } from 'vitest'

const RATE = 100
const MEGABYTE = 2 ** 20
const BIG = Buffer.alloc(8 * MEGABYTE, 0x61)
/** How long a client may take for a head, for a whole request, and for nothing at all. */
const TIMES: Json = { request_headers_timeout: '1s', request_timeout: '2s', stream_idle_timeout: '1s' }
const EACH = 25
/** What an edge allows each connection to keep, as Envoy advises. */
const BUFFERS: Json = { per_connection_buffer_limit_bytes: 32_768 }
/** SETTINGS_INITIAL_WINDOW_SIZE of one byte (RFC 9113 6.5.2). */
const ONE_BYTE_WINDOW = frame(FRAME.settings, 0, 0, Buffer.of(0, 4, 0, 0, 0, 1))

const SLOW: Readonly<Record<string, PatientClientOptions>> = {
  head: { opening: 'GET /n/slow HTTP/1.1\r\nhost: a\r\n', trickle: 'x-a: b\r\n' },
  body: { opening: 'POST /n/slow HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n', trickle: 'x' },
  reader: { opening: 'GET / HTTP/1.1\r\nhost: a\r\n\r\n', deaf: true },
  window: { opening: Buffer.concat([http2Preface(), ONE_BYTE_WINDOW, get(1)]) },
}

const seen: SeenRequest[] = []
let backend: Server
let entry = 0
let adminPort = 0
beforeEach(async () => {
  seen.length = 0
  // `/` is big; what is counted is answered with its own path.
  backend = createServer((request, response) => {
    const { url = '', method = '' } = request
    if (url !== '/n/slow') seen.push({ method, path: url, atMs: nowMs() })
    request.resume()
    request.once('end', () => response.end(url === '/' ? BIG : url))
  })
  backend.listen(0, '127.0.0.1')
  await once(backend, 'listening')
  ;[entry = 0, adminPort = 0] = await freePorts(2)
})
afterEach(() => {
  backend.close()
  backend.closeAllConnections()
})

function startProxy(): Promise<StaticProxy> {
  const address = backend.address()
  const service = cluster('service', typeof address === 'object' && address !== null ? address.port : 0, BUFFERS)
  const edge = { ...listener(entry, httpFilter('service', 'AUTO', {}, TIMES)), ...BUFFERS }
  return StaticProxy.start('proxy', bootstrap([edge], [service], admin(adminPort)))
}

it('[failure-22] clients that take their time are sent away in time, cost little, and harm nobody', async () => {
  await using proxy = await startProxy()
  const pid = proxy.child.pid ?? 0
  const page = new ProxyAdmin(adminPort, pid)
  const load = new CountedLoad({ port: entry, ratePerSecond: RATE, connections: 8 })
  await sleep(1500)
  // What is garbage is collected before memory is compared.
  await proxy.heapBytes()
  const [first, calm] = [await proxyStats(page), processUsage(pid)]
  const attackAt = nowMs()
  const clients = Object.entries(SLOW).map(
    ([name, options]) => [name, Array.from({ length: EACH }, () => new PatientClient(entry, options))] as const,
  )
  await sleep(3500)
  const cpuPercent = (100 * (processUsage(pid).cpuMs - calm.cpuMs)) / 3500
  await proxy.heapBytes()
  const [last, after] = [await proxyStats(page), processUsage(pid)]
  const attackers = new Map(clients)
  const endedIn = (name: string): readonly number[] =>
    (attackers.get(name) ?? []).map(({ endedAfterMs }) => endedAfterMs ?? Number.POSITIVE_INFINITY)
  const timeouts = growth(first, last, /^http\.service\.downstream_rq_(header_timeout|timeout|idle_timeout)$/)
  for (const [, each] of clients) for (const client of each) client[Symbol.dispose]()
  const { sent, lost, duplicated } = tally(
    await load.stop(),
    seen.filter(({ path }) => path !== '/'),
    attackAt,
  )
  const grownMb = (after.rssBytes - calm.rssBytes) / MEGABYTE
  figures('failure-22 slow', { sent, lost: lost.length, duplicated: duplicated.length, timeouts, cpuPercent, grownMb })
  expect(lost).toEqual([])
  expect(duplicated).toEqual([])
  expect(Math.max(...endedIn('head'))).toBeLessThan(2500)
  expect(Math.max(...endedIn('body'))).toBeLessThan(3400)
  expect(attackers.get('head')?.every(({ received }) => received.startsWith('HTTP/1.1 408 '))).toBe(true)
  // Each attacker's request is counted as ended by a time limit.
  expect(timeouts).toBe(4 * EACH)
  // The goal is 50. Half a gigabyte went through, of which the allocator keeps some for the next time: 30 to 105 were seen.
  expect(grownMb).toBeLessThan(150)
  // With what the load costs.
  expect(cpuPercent).toBeLessThan(40)
})

it('[failure-22] clients that flood are sent away, and harm nobody', async () => {
  await using proxy = await startProxy()
  const pid = proxy.child.pid ?? 0
  const load = new CountedLoad({ port: entry, ratePerSecond: RATE, connections: 8 })
  await sleep(1000)
  const calm = processUsage(pid)
  forgetPeak(pid)
  const attackAt = nowMs()
  const codes: number[] = []
  for (const flood of ['rapid reset', 'CONTINUATION without an end', 'PING', 'SETTINGS', 'amplified header blocks']) {
    codes.push(...(await floodForAWhile(entry, flood, 300)))
  }
  const grownMb = (processUsage(pid).peakRssBytes - calm.rssBytes) / MEGABYTE
  const { sent, lost, duplicated } = tally(
    await load.stop(),
    seen.filter(({ path }) => path !== '/'),
    attackAt,
  )
  figures('failure-22 floods', { sent, lost: lost.length, duplicated: duplicated.length, floods: codes.length, grownMb })
  expect(lost).toEqual([])
  expect(duplicated).toEqual([])
  expect(codes.length).toBeGreaterThanOrEqual(5)
  // None stayed.
  expect(codes).not.toContain(-2)
  expect(grownMb).toBeLessThan(100)
})
