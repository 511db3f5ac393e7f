import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { encodeJson, type JsonValue } from '@meshwork/protos/json'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decompressorCodec } from '../filters/decompressor/index.ts'
import { advertise } from '../filters/decompressor/accept-encoding.ts'
import { type FilterBlueprint, routerBlueprint } from '../filters/index.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

const TEXT = 'hello world '.repeat(2000)
const LIBRARIES = 'type.googleapis.com/envoy.extensions.compression.'
const TYPE = 'envoy.extensions.filters.http.decompressor.v3.Decompressor'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

function filter(library: string, fields: Readonly<Record<string, JsonValue>> = {}): FilterBlueprint {
  const typed = { '@type': LIBRARIES + library, ...fields }
  const encoded = encodeJson(TYPE, { decompressor_library: { name: 'lib', typed_config: typed } })
  if (encoded.kind === 'err') throw new Error(JSON.stringify(encoded.error))
  const decoded = decompressorCodec.decode(encoded.value)
  if (decoded.kind === 'err') throw new Error(JSON.stringify(decoded.error))
  return decoded.value
}

/** An application that says what it has got, or answers with `answer` in the coding `encoding`. */
async function through(
  blueprint: FilterBlueprint,
  encoding: string = '',
  answer: Buffer | null = null,
  more: Record<string, string> = {},
): Promise<number> {
  const { port } = await harness.httpServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { 'content-encoding': coding = '', 'accept-encoding': accepts = '' } = request.headers
      if (answer !== null) response.writeHead(200, { 'content-encoding': encoding, ...more })
      response.end(answer ?? JSON.stringify({ coding, accepts, body: Buffer.concat(parts).toString() }))
    })
  })
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  return harness.listen(
    listener('main', [chain(manager({ kind: 'inline', table }, { httpFilters: [blueprint, routerBlueprint()], statPrefix: 'in' }))]),
  )
}

const post = (port: number, body: Buffer, coding: string) => get(port, { method: 'POST', body, headers: { 'content-encoding': coding } })

const CODINGS = [
  ['gzip', 'gzip.decompressor.v3.Gzip', gzipSync(TEXT)],
  ['br', 'brotli.decompressor.v3.Brotli', brotliCompressSync(TEXT)],
  ['zstd', 'zstd.decompressor.v3.Zstd', zstdCompressSync(TEXT)],
] as const

const ROOMY: Readonly<Record<string, JsonValue>> = { max_inflate_ratio: 1000 }

test.each(CODINGS)('%s: requests and responses are read', async (coding, library, bytes) => {
  // The text repeats itself: brotli makes it 1000 times shorter, which is more than is let through.
  const small = coding === 'br' ? brotliCompressSync('hello') : coding === 'zstd' ? zstdCompressSync('hello') : bytes
  const wanted = coding === 'gzip' ? TEXT : 'hello'
  const fields = coding === 'gzip' ? ROOMY : {}
  const echo = await through(filter(library, fields))
  const sent = JSON.parse((await post(echo, small, coding)).body)
  expect(sent).toEqual({ coding: '', accepts: coding, body: wanted })
  await harness.close()
  harness = new Harness()
  const port = await through(filter(library, fields), coding, small)
  const { headers, body } = await get(port)
  expect([body, headers['content-encoding'], headers['content-length']]).toEqual([wanted, undefined, undefined])
})

test('figures, and what else stands in the way of the coding', async () => {
  const port = await through(filter('gzip.decompressor.v3.Gzip', ROOMY), 'gzip, br', gzipSync(TEXT))
  expect((await get(port)).headers['content-encoding']).toBe('br')
  const counter = (name: string): number => harness.counter(`http.in.decompressor.lib.gzip.response.${name}`)
  expect([counter('decompressed'), counter('total_uncompressed_bytes')]).toEqual([1, TEXT.length])
  expect(counter('total_compressed_bytes')).toBe(gzipSync(TEXT).length)
})

test('no-transform and other codings pass as they are', async () => {
  const bytes = gzipSync('hello')
  const port = await through(filter('gzip.decompressor.v3.Gzip'), 'gzip', bytes, { 'cache-control': 'private, no-transform' })
  expect((await get(port)).headers['content-encoding']).toBe('gzip')
  expect(harness.counter('http.in.decompressor.lib.gzip.response.not_decompressed')).toBe(1)
})

test('a response that grows beyond the ratio is cut, and counted', async () => {
  const bomb = gzipSync(Buffer.alloc(20_000_000))
  const port = await through(filter('gzip.decompressor.v3.Gzip', { max_inflate_ratio: 10 }), 'gzip', bomb)
  const { status, body } = await get(port)
  expect(status).toBe(200)
  expect(body.length).toBeLessThanOrEqual(bomb.length * 10)
  expect(harness.counter('http.in.decompressor.lib.gzip.decompressor_library.zlib_data_error')).toBe(1)
})

test('a request that is not what it says is answered 400', async () => {
  const port = await through(filter('gzip.decompressor.v3.Gzip'))
  const broken = Buffer.concat([gzipSync(TEXT).subarray(0, 12), Buffer.from('zzzzzzzz')])
  expect((await post(port, broken, 'gzip')).status).toBe(400)
  expect((await post(port, gzipSync(TEXT).subarray(0, -12), 'gzip')).status).toBe(400)
  expect(harness.counter('http.in.decompressor.lib.gzip.decompressor_library.zlib_data_error')).toBe(2)
})

test.each([
  [null, 'gzip'],
  ['br', 'br,gzip'],
  ['br, gzip;q=0', 'br,gzip'],
  ['GZIP', 'gzip'],
])('%j becomes %j', (before, after) => {
  expect(advertise(before, 'gzip')).toBe(after)
})
