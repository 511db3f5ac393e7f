import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  BUFFER,
  CONTINUE,
  FILTER_DISABLED,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  PAUSE,
  routerBlueprint,
} from '../filters/index.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { type Answer, get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

const named = (name: string, filter: (slot: number, deps: FilterDeps) => HttpFilter, disabled: boolean = false): FilterBlueprint => ({
  name,
  disabled,
  compile: deps => filter(deps.slot, deps),
})

async function proxyOf(filters: readonly FilterBlueprint[], perFilter: ReadonlyMap<string, unknown> = new Map()): Promise<number> {
  const { port } = await harness.httpServer((request, response) => {
    let body = ''
    request.on('data', part => (body += String(part)))
    request.on('end', () => response.end(`${request.headers['content-length'] ?? 'chunked'}:${body}`))
  })
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const routes = [
    route('/special', routeAction([['a', 1]]), { perFilter }),
    route('/none', routeAction([['absent', 1]])),
    route('/', routeAction([['a', 1]])),
  ]
  const table = routeTable('r', [virtualHost(['*'], routes)])
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, { httpFilters: [...filters, routerBlueprint()] }))]))
}

const post = (port: number, body: string, path: string = '/'): Promise<Answer> =>
  get(port, { method: 'POST', body, path, headers: { 'transfer-encoding': 'chunked' } })

/** Keeps requests until they are whole, then says how long they are. */
const bufferAll = (limit: number): FilterBlueprint =>
  named('buffer', slot => ({
    onRequestHead(stream: FilterStream, end: boolean): FilterStatus {
      stream.limitRequestBuffer(limit)
      stream.setState(slot, 0)
      return end ? CONTINUE : BUFFER
    },
    onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
      stream.setState(slot, Number(stream.state(slot)) + chunk.length)
      return BUFFER
    },
    onRequestEnd(stream: FilterStream): FilterStatus {
      stream.requestHeaders.set('content-length', String(stream.state(slot)))
      return CONTINUE
    },
  }))

test('a filter that buffers sees the body before the head goes on', async () => {
  const port = await proxyOf([bufferAll(1_000_000)])
  const body = 'x'.repeat(200_000)
  expect(await post(port, body)).toMatchObject({ status: 200, body: `200000:${body}` })
})

test('two filters that buffer, one after the other', async () => {
  const log: string[] = []
  const witness = named('witness', () => ({
    onRequestHead: (): FilterStatus => (log.push('head'), CONTINUE),
    onRequestData: (_stream: FilterStream, chunk: Buffer): FilterStatus => (log.push(String(chunk)), CONTINUE),
    onRequestEnd: (): FilterStatus => (log.push('end'), CONTINUE),
  }))
  const port = await proxyOf([bufferAll(100), bufferAll(100), witness])
  expect(await post(port, 'abc')).toMatchObject({ status: 200, body: '3:abc' })
  expect(log).toEqual(['head', 'abc', 'end'])
})

test('more than the limit is answered 413', async () => {
  const port = await proxyOf([bufferAll(1000)])
  expect(await post(port, 'x'.repeat(1001))).toMatchObject({ status: 413, body: 'Payload Too Large' })
  expect(harness.counter('cluster.a.upstream_rq_total')).toBe(0)
  expect(await post(port, 'x'.repeat(1000))).toMatchObject({ status: 200 })
})

test('a filter that has seen enough lets the sender wait', async () => {
  const enough = named('enough', slot => ({
    onRequestHead: (): FilterStatus => BUFFER,
    onRequestData(stream: FilterStream): FilterStatus {
      if (stream.state(slot) !== null) return CONTINUE
      stream.setState(slot, true)
      setTimeout(() => stream.resumeRequest(slot), 20)
      return PAUSE
    },
  }))
  const port = await proxyOf([enough])
  const body = 'y'.repeat(400_000)
  expect((await post(port, body)).body).toBe(`chunked:${body}`)
})

test('bodies are replaced, dropped, and added to, both ways', async () => {
  const upper = named('upper', slot => ({
    onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
      stream.replaceRequestData(Buffer.from(String(chunk).toUpperCase()))
      return CONTINUE
    },
    onRequestEnd(stream: FilterStream): FilterStatus {
      stream.injectRequestData(slot, Buffer.from('!'))
      return CONTINUE
    },
    onResponseHead(stream: FilterStream): FilterStatus {
      stream.responseHeaders?.remove('content-length')
      stream.injectResponseData(slot, Buffer.from('<'))
      return CONTINUE
    },
    onResponseEnd(stream: FilterStream): FilterStatus {
      setTimeout(() => {
        stream.injectResponseData(slot, Buffer.from('>'))
        stream.resumeResponse(slot)
      }, 10)
      return PAUSE
    },
  }))
  const silent = named('silent', () => ({
    onResponseHead(stream: FilterStream): FilterStatus {
      stream.responseHeaders?.remove('content-length')
      return CONTINUE
    },
    onResponseData(stream: FilterStream, chunk: Buffer): FilterStatus {
      if (String(chunk).startsWith('chunked')) stream.replaceResponseData(Buffer.alloc(0))
      return CONTINUE
    },
  }))
  expect((await post(await proxyOf([upper]), 'abc')).body).toBe('<chunked:ABC!>')
  await harness.close()
  harness = new Harness()
  expect((await post(await proxyOf([silent]), 'abc')).body).toBe('')
})

test('a response filter may still answer otherwise, also too late for the head', async () => {
  const refuse = named('refuse', () => ({
    onResponseHead(stream: FilterStream): FilterStatus {
      if (stream.status === 200) stream.reply(502, 'not good', 0, 'refused')
      return CONTINUE
    },
  }))
  expect(await post(await proxyOf([refuse]), 'abc')).toMatchObject({ status: 502, body: 'not good' })
})

test('responses that are kept whole have a limit', async () => {
  const keep = named('keep', () => ({ onResponseHead: (): FilterStatus => BUFFER }))
  const port = await proxyOf([keep])
  expect((await post(port, 'x'.repeat(900_000))).body.length).toBe(900_008)
  expect(await post(port, 'x'.repeat(1_100_000))).toMatchObject({ status: 500, body: 'Internal Server Error' })
})

test('filters are off by default or on a route', async () => {
  const mark = (name: string, disabled: boolean): FilterBlueprint =>
    named(
      name,
      () => ({
        onResponseHead(stream: FilterStream): FilterStatus {
          stream.responseHeaders?.set(`x-${name}`, '1')
          return CONTINUE
        },
      }),
      disabled,
    )
  const port = await proxyOf(
    [mark('usual', false), mark('optional', true)],
    new Map<string, unknown>([
      ['usual', FILTER_DISABLED],
      ['optional', {}],
    ]),
  )
  const marks = async (path: string): Promise<readonly (string | string[] | undefined)[]> => {
    const { headers } = await get(port, { path })
    return [headers['x-usual'], headers['x-optional']]
  }
  expect(await marks('/')).toEqual(['1', undefined])
  expect(await marks('/special')).toEqual([undefined, '1'])
})

test('metadata is shared, and the route is matched again', async () => {
  let seen: unknown
  const move = named('move', () => ({
    onRequestHead(stream: FilterStream): FilterStatus {
      stream.mergeDynamicMetadata('ns', { a: 1 })
      stream.mergeDynamicMetadata('ns', { b: 2 })
      stream.path = '/none'
      stream.rematchRoute()
      return CONTINUE
    },
    onComplete(stream: FilterStream): void {
      seen = stream.dynamicMetadata('ns')
    },
  }))
  expect((await get(await proxyOf([move]))).status).toBe(503)
  expect(seen).toEqual({ a: 1, b: 2 })
})
