import { afterEach, beforeEach, expect, test } from 'vitest'
import { CORS_FILTER, corsBlueprint, CorsSettings } from '../filters/cors/filter.ts'
import { FAULT_FILTER, faultBlueprint } from '../filters/fault/filter.ts'
import { FaultSettings } from '../filters/fault/settings.ts'
import { CONTINUE, type FilterBlueprint, routerBlueprint } from '../filters/index.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

const CORS = new CorsSettings({
  origins: [origin => origin === 'http://a.test'],
  allowMethods: 'GET',
  allowHeaders: '',
  exposeHeaders: 'x-exposed',
  maxAge: '60',
  allowCredentials: null,
  allowPrivateNetwork: null,
  forwardsForeignPreflights: null,
  enabledPpm: 1_000_000,
  shadowPpm: 0,
})

const ALWAYS = { ppm: 1_000_000, numerator: 100, unitPpm: 10_000 }
const GRPC_FAULT = new FaultSettings({
  delay: null,
  abort: { httpStatus: null, grpcStatus: 5, share: ALWAYS },
  rate: null,
  cluster: '',
  downstreamNodes: new Set(),
  conditions: [],
  maxActive: null,
  metadata: null,
})
const NO_FAULT = new FaultSettings({ ...GRPC_FAULT.fields, abort: null })

/** An upstream that says how long it was told its request is. */
async function proxy(): Promise<number> {
  const { port } = await harness.httpServer((request, response) =>
    response.end(`${request.method} ${request.headers['content-length'] ?? '-'}`),
  )
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const perFilter = new Map([[CORS_FILTER, CORS]])
  const direct = { kind: 'direct-response', status: 200, body: 'direct' } as const
  const table = routeTable('r', [
    virtualHost(
      ['*'],
      [
        route('/direct', direct, { perFilter }),
        route('/fault', routeAction([['a', 1]]), { perFilter: new Map([[FAULT_FILTER, GRPC_FAULT]]) }),
        route('/', routeAction([['a', 1]]), { perFilter }),
      ],
    ),
  ])
  const httpFilters = [corsBlueprint(), faultBlueprint(NO_FAULT), routerBlueprint()]
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, { httpFilters }))]))
}

const PREFLIGHT = { origin: 'http://a.test', 'access-control-request-method': 'GET' }

test('a preflight is told everything about the policy; routes without a cluster have none', async () => {
  const port = await proxy()
  const answer = await get(port, { method: 'OPTIONS', headers: PREFLIGHT })
  expect(answer).toMatchObject({ status: 200, headers: { 'access-control-expose-headers': 'x-exposed', 'access-control-max-age': '60' } })
  const direct = await get(port, { method: 'OPTIONS', path: '/direct', headers: PREFLIGHT })
  expect([direct.body, direct.headers['access-control-allow-origin']]).toEqual(['direct', undefined])
})

test('a fault in the terms of gRPC is 200 for all others', async () => {
  expect(await get(await proxy(), { path: '/fault' })).toMatchObject({ status: 200, body: 'fault filter abort' })
})

test('a head without a body says so, where a body might be expected', async () => {
  const port = await proxy()
  const request = 'GET /fault HTTP/1.1\r\nhost: a\r\ncontent-type: application/grpc\r\n\r\n'
  expect(await exchange(port, [request], /\r\n\r\n/)).toContain('content-length: 0\r\n')
  expect(await exchange(port, ['OPTIONS / HTTP/1.1\r\nhost: a\r\n\r\n'], /OPTIONS \S+/)).toMatch(/OPTIONS 0/)
  expect(await exchange(port, ['DELETE / HTTP/1.1\r\nhost: a\r\n\r\n'], /DELETE \S+/)).toMatch(/DELETE -/)
})

test('a piece of no bytes does not end a chunked body', async () => {
  const inserting: FilterBlueprint = {
    name: 'inserting',
    compile: ({ slot }) => ({
      onRequestEnd: stream => {
        stream.injectRequestData(slot, Buffer.alloc(0))
        stream.injectRequestData(slot, Buffer.from('rest'))
        return CONTINUE
      },
    }),
  }
  const { port } = await harness.httpServer((request, response) => {
    let body = ''
    request.on('data', part => (body += String(part)))
    request.on('end', () => response.end(`body=${body};`))
  })
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const proxied = await harness.listen(
    listener('main', [chain(manager({ kind: 'inline', table }, { httpFilters: [inserting, routerBlueprint()] }))]),
  )
  const request = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
  expect(await exchange(proxied, [request], /body=.*;/)).toContain('body=abcrest;')
})
