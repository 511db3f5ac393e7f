import { createServer, type Server, type ServerResponse } from 'node:http'
import { StatsRegistry } from '@meshwork/core/metrics'
import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { systemClock } from '@meshwork/core/time'
import { Command } from 'commander'
import { afterEach, describe, expect, test } from 'vitest'
import { parseAppMetrics } from './app-metrics.ts'
import { ExpositionCheck } from './exposition-check.ts'
import { applicationSource, MergedMetrics } from './merged-metrics.ts'
import { statusEndpoints } from './status-endpoints.ts'
import { addStatusFlags, statusOptions } from './status-flags.ts'

const servers: Server[] = []

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(server => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(resolve))
    }),
  )
})

/** The port of an application whose metrics page does as told. */
function application(answer: (response: ServerResponse) => void): Promise<number> {
  const server = createServer((_request, response) => answer(response))
  servers.push(server)
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

function registry(): StatsRegistry {
  const stats = new StatsRegistry()
  stats.add(stats.define('counter', 'own', 'own_total', {}), 7)
  return stats
}

function merged(port: number, clock: ManualClock | typeof systemClock = systemClock): MergedMetrics {
  return new MergedMetrics(registry(), applicationSource({ port, path: '/metrics' }), clock)
}

describe('merged metrics', () => {
  test("the application's follow ours", async () => {
    const port = await application(response => response.end('# TYPE app_total counter\napp_total{a="b"} 3'))
    const text = await merged(port).text()
    expect(text).toContain('own_total 7\n')
    expect(text.endsWith('# TYPE app_total counter\napp_total{a="b"} 3\n')).toBe(true)
    expect(text).toContain('istio_agent_scrape_failures_total{type="application"} 0')
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ['says no', response => response.writeHead(500).end('a_total 1\n')],
    ['answers with a page for people', response => response.end('<html>\n</html>\n')],
    ['ends in the middle', response => response.writeHead(200, { 'content-length': '100' }).write('a_total 1\n', () => response.destroy())],
    ['is endless', response => endless(response)],
  ])('ours are told when the application %s, and the failure counted', async (_what, answer) => {
    const text = await merged(await application(answer)).text()
    expect(text).toContain('own_total 7\n')
    expect(text).not.toContain('a_total 1')
    expect(text).toContain('istio_agent_scrape_failures_total{type="application"} 1')
  })

  test('an application that does not answer is not waited for', async () => {
    const clock = new ManualClock()
    let asked: () => void = () => undefined
    const question = new Promise<void>(resolve => (asked = resolve))
    const port = await application(() => asked())
    const text = merged(port, clock).text()
    await question
    clock.advance(5000)
    expect(await text).toContain('istio_agent_scrape_failures_total{type="application"} 1')
  })

  test('questions that come together are one for the application', async () => {
    let asked = 0
    const port = await application(response => {
      asked++
      response.end('a_total 1\n')
    })
    const metrics = merged(port)
    await Promise.all([metrics.text(), metrics.text(), metrics.text()])
    expect(asked).toBe(1)
  })
})

/** More than anybody takes. */
function endless(response: ServerResponse): void {
  response.end('some_name_of_a_metric 1\n'.repeat(400_000))
}

test('metrics are told from other texts, however they are cut', () => {
  const text = '# HELP a b\na_total{x="}"} 1 1700000000000\nb:c +Inf\r\n\nd NaN\n# EOF\n'
  for (let size = 1; size < 9; size++) {
    const check = new ExpositionCheck()
    let lines = ''
    for (let at = 0; at < text.length; at += size) lines += check.take(text.slice(at, at + size)) ?? 'broken'
    expect(lines + (check.finish() ?? 'broken')).toBe(text.replace('# EOF\n', ''))
  }
  for (const broken of ['a\n', '{x="y"} 1\n', 'HTTP/1.1 200 OK\n', '1a 1\n', 'a{x="y" 1\n'])
    expect(new ExpositionCheck().take(broken)).toBe(null)
})

test('the annotations of a pod and the short form name a page', () => {
  expect(parseAppMetrics('8080')).toEqual({ port: 8080, path: '/metrics' })
  expect(parseAppMetrics('8080/a')).toEqual({ port: 8080, path: '/a' })
  expect(parseAppMetrics('{"scrape":"true","port":"9090","path":""}')).toEqual({ port: 9090, path: '/metrics' })
  expect(parseAppMetrics('{"scrape":"true","port":"9090","path":"m"}')).toEqual({ port: 9090, path: '/m' })
  expect(parseAppMetrics('{"scrape":"false","port":"x"}')).toBe(null)
  for (const bad of ['0', '99999', 'x', '80/a b', '{', '{"scrape":"true"}']) expect(() => parseAppMetrics(bad)).toThrow()
})

test("Istio's ports where traffic is redirected, none where many share a machine", () => {
  const options = (interception: string, ...argv: string[]) =>
    statusOptions(addStatusFlags(new Command()).parse(argv, { from: 'user' }).opts(), interception === 'NONE' ? null : '0.0.0.0')
  const any = (port: number) => ({ kind: 'tcp', host: '0.0.0.0', port })
  const probes = { byPage: new Map(), address: undefined }
  expect(options('REDIRECT')).toEqual({ status: any(15_020), metrics: any(15_090), ready: any(15_021), application: null, probes })
  expect(options('NONE')).toEqual({ status: null, metrics: null, ready: null, application: null, probes })
  expect(options('NONE', '--status-address', '127.0.0.1:1').status).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 1 })
  expect(options('REDIRECT', '--ready-address', 'off').ready).toBe(null)
  expect(() => options('REDIRECT', '--app-metrics', '15020/stats/prometheus')).toThrow('15020')
})

test('readiness is told by status, and nothing can be changed', async () => {
  let missing: string | null = 'no certificate'
  const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
  const sources = { notReady: () => missing, merged: () => Promise.resolve('m 1\n'), own: () => 'o 1\n', probes: {} }
  const [endpoint] = statusEndpoints({ status: address, metrics: null, ready: null }, sources, silentLogger)
  await endpoint?.start()
  const base = `http://127.0.0.1:${endpoint !== undefined && 'port' in endpoint ? String(endpoint.port) : ''}`
  try {
    expect((await fetch(`${base}/healthz/ready`)).status).toBe(503)
    missing = null
    expect((await fetch(`${base}/healthz/ready`)).status).toBe(200)
    expect(await (await fetch(`${base}/stats/prometheus`)).text()).toBe('m 1\n')
    expect((await fetch(`${base}/quitquitquit`, { method: 'POST' })).status).toBe(405)
  } finally {
    await endpoint?.close()
  }
})
