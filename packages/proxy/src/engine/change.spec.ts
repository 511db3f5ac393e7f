import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { assignment, chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

async function named(name: string): Promise<number> {
  const { port } = await harness.httpServer((_request, response) => setTimeout(() => response.end(name), 2))
  return port
}

/** Keeps clients busy until `done`; returns what they saw. */
async function underLoad(port: () => number, act: () => Promise<void>): Promise<Map<string, number>> {
  const seen = new Map<string, number>()
  let running = true
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (running) {
      const answer = await get(port(), { agent }).catch((error: unknown) => ({ status: 0, body: String(error) }))
      const key = answer.status === 200 ? answer.body : `${answer.status} ${answer.body}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    agent.destroy()
  }
  const clients = Array.from({ length: 8 }, client)
  await delay(100)
  await act()
  await delay(100)
  running = false
  await Promise.all(clients)
  return seen
}

test('routes, endpoints, clusters and listeners change under load without a lost request', async () => {
  const [a, b] = [await named('a'), await named('b')]
  const { engine } = harness
  engine.setCluster(cluster('one', [], { discovery: { kind: 'eds', serviceName: '' } }))
  engine.setEndpoints(assignment('one', [endpoint(a)]))
  engine.setCluster(cluster('two', [endpoint(b)]))
  const table = (name: string) => routeTable('8080', [virtualHost(['*'], [route('/', routeAction([[name, 1]]))])])
  engine.setRouteTable(table('one'))
  const config = listener('main', [chain(manager({ kind: 'rds', name: '8080' }))])
  const port = await harness.listen(config)
  const fixed = { ...config, address: { kind: 'tcp', host: '127.0.0.1', port } } as const
  const seen = await underLoad(
    () => port,
    async () => {
      for (let i = 0; i < 10; i++) {
        engine.setRouteTable(table(i % 2 === 0 ? 'two' : 'one'))
        engine.setEndpoints(assignment('one', i % 2 === 0 ? [endpoint(a), endpoint(b)] : [endpoint(a)]))
        engine.setCluster(cluster('two', [endpoint(b)], { connectTimeoutMs: 1000 + i }))
        expect((await engine.setListener(config)).kind).toBe('ok')
        await delay(20)
      }
    },
  )
  expect(fixed.address.port).toBe(port)
  expect([...seen.keys()].toSorted()).toEqual(['a', 'b'])
})

test('a listener moves to another address: new before old, nothing is lost', async () => {
  const a = await named('a')
  harness.engine.setCluster(cluster('a', [endpoint(a)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const config = listener('main', [chain(manager({ kind: 'inline', table }))])
  let port = await harness.listen({ ...config, address: { kind: 'tcp', host: '127.0.0.2', port: 0 } })
  const first = port
  await harness.engine.setListener({ ...config, address: { kind: 'tcp', host: '127.0.0.1', port: 0 } })
  const bound = harness.engine.listeners()[0]?.boundAddress
  port = bound?.kind === 'tcp' ? bound.port : 0
  expect(port).not.toBe(first)
  expect((await get(port)).body).toBe('a')
})

test('an address in use is an error that names it, and the old listener stays', async () => {
  const taken = await harness.tcpServer(() => undefined)
  const config = listener('main', [], { address: { kind: 'tcp', host: '127.0.0.1', port: taken } })
  expect(await harness.engine.setListener(config)).toEqual({
    kind: 'err',
    error: `cannot bind '127.0.0.1:${taken}': Address already in use`,
  })
  expect(harness.engine.listeners()).toEqual([])
})

test('a listener without its route table answers 404 at once, and serves when it comes', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(await named('a'))]))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const port = await harness.listen(listener('main', [chain(manager({ kind: 'rds', name: 'late' }))]))
  expect(await get(port, { agent })).toMatchObject({ status: 404, body: '' })
  harness.engine.setRouteTable(routeTable('late', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])]))
  expect(await get(port, { agent })).toMatchObject({ status: 200, body: 'a' })
  agent.destroy()
})

test('drain lets requests end, tells clients to close, and resolves', async () => {
  const { port: slow } = await harness.httpServer((_request, response) => setTimeout(() => response.end('late'), 300))
  harness.engine.setCluster(cluster('a', [endpoint(slow)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const port = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  const answer = get(port, { headers: { connection: 'keep-alive' } })
  await delay(50)
  const started = performance.now()
  await harness.engine.drain(5000)
  expect(performance.now() - started).toBeLessThan(2000)
  expect(await answer).toMatchObject({ status: 200, body: 'late', headers: { connection: 'close' } })
  await expect(get(port)).rejects.toThrow()
})
