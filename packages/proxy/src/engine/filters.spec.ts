import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CONTINUE, type FilterBlueprint, type FilterStream, type HttpFilter, PAUSE, REPLIED, routerBlueprint } from '../filters/index.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { type Answer, get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

const named = (name: string, filter: (slot: number) => HttpFilter): FilterBlueprint => ({ name, compile: ({ slot }) => filter(slot) })

async function through(
  filters: readonly FilterBlueprint[],
  options: Parameters<typeof get>[1] = {},
  perFilter: ReadonlyMap<string, unknown> = new Map(),
): Promise<Answer> {
  const { port } = await harness.httpServer((request, response) => {
    let body = ''
    request.on('data', part => (body += String(part)))
    request.on('end', () => response.end(`${String(request.headers['x-seen'] ?? '')}:${body}`))
  })
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]), { perFilter })])])
  const proxy = await harness.listen(
    listener('main', [chain(manager({ kind: 'inline', table }, { httpFilters: [...filters, routerBlueprint()] }))]),
  )
  return get(proxy, options)
}

/** Notes its calls in `log`. */
function tracer(name: string, log: string[]): FilterBlueprint {
  const note = (what: string) => (): 0 => {
    log.push(`${name}.${what}`)
    return CONTINUE
  }
  return named(name, () => ({
    onRequestHead: note('request'),
    onRequestData: note('data'),
    onRequestEnd: note('end'),
    onResponseHead: note('response'),
    onComplete: () => void log.push(`${name}.complete`),
  }))
}

test('requests run forwards, responses backwards, completion once', async () => {
  const log: string[] = []
  await through([tracer('1', log), tracer('2', log)], { method: 'POST', body: 'x' })
  await delay(10)
  expect(log).toEqual([
    '1.request',
    '2.request',
    '1.data',
    '2.data',
    '1.end',
    '2.end',
    '2.response',
    '1.response',
    '1.complete',
    '2.complete',
  ])
})

test.each(['head', 'data', 'end', 'response'] as const)('a pause at the %s keeps order and bytes', async phase => {
  const log: string[] = []
  const later =
    (at: string) =>
    (stream: FilterStream): 0 | 1 => {
      if (at !== phase) return CONTINUE
      setTimeout(() => {
        log.push('resumed')
        stream.resume()
      }, 50)
      return PAUSE
    }
  const pauser = named('pauser', () => ({
    onRequestHead: later('head'),
    onRequestData: later('data'),
    onRequestEnd: later('end'),
    onResponseHead: later('response'),
  }))
  const body = 'b'.repeat(300_000)
  // In chunks: with a length the upstream could answer before the end has passed.
  const answer = await through([pauser, tracer('after', log)], { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } })
  expect(answer).toMatchObject({ status: 200, body: `:${body}` })
  expect(log).toContain('resumed')
  if (phase === 'head') expect(log.indexOf('resumed')).toBeLessThan(log.indexOf('after.request'))
})

test('a resume within the call is a continue', async () => {
  const eager = named('eager', () => ({
    onRequestHead(stream: FilterStream) {
      stream.resume()
      return PAUSE
    },
  }))
  expect((await through([eager])).status).toBe(200)
})

test('a reply ends the request without an upstream, at once or after a pause', async () => {
  const log: string[] = []
  const deny = named('deny', () => ({
    onRequestHead(stream: FilterStream) {
      stream.reply(403, 'denied', 0, 'rbac', [['x-why', 'test']])
      return REPLIED
    },
  }))
  expect(await through([tracer('t', log), deny])).toMatchObject({ status: 403, body: 'denied', headers: { 'x-why': 'test' } })
  expect(log).toEqual(['t.request', 't.response', 't.complete'])
  const slow = named('slow', () => ({
    onRequestHead(stream: FilterStream) {
      setTimeout(() => stream.reply(429, 'late', 0, 'quota'), 30)
      return PAUSE
    },
  }))
  await harness.close()
  harness = new Harness()
  expect(await through([slow], { method: 'POST', body: 'x'.repeat(100_000) })).toMatchObject({ status: 429, body: 'late' })
  expect(harness.counter('cluster.a.upstream_rq_total')).toBe(0)
})

test('settings of the route, state of the stream, and what reports need', async () => {
  let report: unknown = null
  const filter = named('mine', slot => ({
    onRequestHead(stream: FilterStream) {
      stream.setState(slot, { note: stream.settings(slot) })
      stream.requestHeaders.set('x-seen', String(stream.settings(slot)))
      return CONTINUE
    },
    onComplete(stream: FilterStream) {
      const { status, clusterName, requestBytes, responseBytes, upstream, route: taken } = stream
      report = {
        state: stream.state(slot),
        status,
        clusterName,
        requestBytes,
        responseBytes,
        port: upstream?.port,
        virtualHost: taken?.virtualHostName,
      }
    },
  }))
  const answer = await through([filter], { method: 'POST', body: 'abc' }, new Map([['mine', 'setting']]))
  expect(answer.body).toBe('setting:abc')
  await delay(10)
  expect(report).toEqual({
    state: { note: 'setting' },
    status: 200,
    clusterName: 'a',
    requestBytes: 3,
    responseBytes: 11,
    port: expect.any(Number),
    virtualHost: '*',
  })
})

test.each(['onRequestHead', 'onRequestData', 'onResponseHead', 'onComplete'] as const)(
  'a filter that throws in %s costs its request only',
  async method => {
    const broken = named('broken', () => ({
      [method]: () => {
        throw new Error('bug')
      },
    }))
    const outcome = await through([broken], { method: 'POST', body: 'x' }).catch(() => null)
    if (method === 'onComplete') expect(outcome?.status).toBe(200)
    else expect(outcome?.status).toBe(500)
    expect(harness.counter('http.test.downstream_rq_active')).toBe(0)
  },
)
