import { FilterConfig } from '@meshwork/protos/envoy/extensions/filters/http/grpc_stats/v3/config'
import { responseData, responseHead, scriptedHttp2Upstream } from '@meshwork/testkit/attack'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from '../../engine/testdata/configs.ts'
import { exchange, Harness } from '../../engine/testdata/harness.ts'
import { routerBlueprint } from '../router/filter.ts'
import { grpcStatsCodec } from './index.ts'

const MESSAGE = '\0\0\0\0\x01a'
const GRPC = ['content-type', 'application/grpc'] as const

let harness: Harness
beforeEach(() => {
  harness = new Harness()
})
afterEach(() => harness.close())

/** A proxy that counts, before an upstream that answers each call with one message and this status in its trailers. */
async function proxyWith(
  config: Partial<FilterConfig>,
  status: string = '0',
  contentType: readonly [string, string] = GRPC,
): Promise<number> {
  const upstream = await harness.tcpServer(socket =>
    scriptedHttp2Upstream(socket, stream => [
      responseHead(stream, '200', [contentType]),
      responseData(stream, MESSAGE, false),
      responseTrailers(stream, status),
    ]),
  )
  const decoded = grpcStatsCodec.decode(FilterConfig.encode(FilterConfig.create(config)).finish())
  if (decoded.kind === 'err') throw new Error(JSON.stringify(decoded.error))
  harness.engine.setCluster(cluster('a', [endpoint(upstream)], { protocol: 'http2' }))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  return harness.listen(listener('in', [chain(manager({ kind: 'inline', table }, { httpFilters: [decoded.value, routerBlueprint()] }))]))
}

function responseTrailers(stream: number, status: string): Buffer {
  const trailers = responseHead(stream, '0', [['grpc-status', status]], true)
  // Without the `:status` that comes first: 10 octets of name and value and their lengths, behind the frame's head.
  const block = trailers.subarray(9 + STATUS_BYTES)
  const head = Buffer.from(trailers.subarray(0, 9))
  head.writeUIntBE(block.length, 0, 3)
  return Buffer.concat([head, block])
}

/** A literal field: its kind, a length and `:status`, a length and one digit. */
const STATUS_BYTES = 1 + 1 + 7 + 1 + 1

async function call(port: number, path: string, contentType: string = 'application/grpc'): Promise<void> {
  const body = MESSAGE + MESSAGE
  const head = `POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}\r\n\r\n`
  await exchange(port, [Buffer.from(head + body, 'latin1')])
}

function counts(prefix: string): Readonly<Record<string, number>> {
  const names = ['total', 'success', 'failure', '0', '5', 'request_message_count', 'response_message_count']
  return Object.fromEntries(names.map(name => [name, harness.counter(`cluster.a.grpc.${prefix}${name}`)]))
}

const GOOD = { total: 1, success: 1, failure: 0, '0': 1, '5': -1, request_message_count: 2, response_message_count: 1 }
const NONE = { total: -1, success: -1, failure: -1, '0': -1, '5': -1, request_message_count: -1, response_message_count: -1 }

test('calls of a cluster, whatever their method', async () => {
  const port = await proxyWith({})
  for (const path of ['/no-method', '/x.S/M']) await call(port, path)
  expect(counts('')).toEqual(GOOD)
})

test('calls by method, and none for paths that name none', async () => {
  const port = await proxyWith({ perMethodStatSpecifier: { $case: 'statsForAllMethods', value: true } })
  for (const path of ['/x.S/M', '/x/y/z', '/x', '/x.S/']) await call(port, path)
  expect(counts('x.S.M.')).toEqual(GOOD)
  expect(counts('')).toEqual(NONE)
})

test('dots of services become underscores where asked for', async () => {
  const port = await proxyWith({ perMethodStatSpecifier: { $case: 'statsForAllMethods', value: true }, replaceDotsInGrpcServiceName: true })
  await call(port, '/x.S/M?q')
  expect(counts('x_S.M.')).toEqual(GOOD)
})

test('methods of the list by themselves, the others together', async () => {
  const value = { services: [{ name: 'x.S', methodNames: ['M'] }] }
  const port = await proxyWith({ perMethodStatSpecifier: { $case: 'individualMethodStatsAllowlist', value } })
  for (const path of ['/x.S/M', '/x.S/N']) await call(port, path)
  expect([counts('x.S.M.'), counts('')]).toEqual([GOOD, GOOD])
})

test.each([
  ['5', { failure: 1, '5': 1 }],
  ['99', { failure: 1, '5': -1 }],
  ['none', { failure: 1, '5': -1 }],
])('status %s is a failure', async (status, expected) => {
  await call(await proxyWith({}, status), '/x.S/M')
  expect(counts('')).toMatchObject({ total: 1, success: 0, ...expected })
})

test('what is not gRPC is not counted', async () => {
  await call(await proxyWith({}), '/x.S/M', 'application/grpc-web')
  expect(counts('')).toEqual(NONE)
})

test('messages of an answer that is not gRPC are none', async () => {
  await call(await proxyWith({}, '0', ['content-type', 'text/plain']), '/x.S/M')
  expect(counts('')).toMatchObject({ request_message_count: 2, response_message_count: 0 })
})

test('methods that clients make up are bounded', { timeout: 30_000 }, async () => {
  const port = await proxyWith({ perMethodStatSpecifier: { $case: 'statsForAllMethods', value: true } })
  for (let batch = 0; batch < 101; batch++) await Promise.all(Array.from({ length: 10 }, (_, i) => call(port, `/x.S/M${batch * 10 + i}`)))
  expect(harness.counter('cluster.a.grpc.total')).toBe(10)
})
