import type { createServer } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from '../engine/testdata/configs.ts'
import { exchange, Harness } from '../engine/testdata/harness.ts'
import { REFUSED } from './testdata/smuggling-corpus.ts'

let harness = new Harness()
afterEach(async () => {
  await harness.close()
  harness = new Harness()
})

async function proxyBefore(upstream: number): Promise<number> {
  harness.engine.setCluster(cluster('a', [endpoint(upstream)]))
  const routes = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table: routes }))]))
}

test.each(REFUSED)('%s: refused, closed, and nothing behind it passes', async (_name, bytes) => {
  const seen: string[] = []
  const { port } = await harness.httpServer((request, response) => {
    seen.push(request.url ?? '')
    response.end('ok')
  })
  const answer = await exchange(await proxyBefore(port), [Buffer.from(bytes, 'latin1')])
  expect(answer).toMatch(/^HTTP\/1\.1 (400|426|501) /)
  expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
  expect(answer.toLowerCase()).toContain('connection: close')
  expect(seen).not.toContain('/canary')
})

const ACCEPTED: readonly (readonly [string, string, readonly string[]])[] = [
  ['a length', 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: x\r\n\r\n', ['/a:abc', '/b:']],
  [
    'chunks',
    'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=1\r\nab\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n',
    ['/a:ab', '/b:'],
  ],
  [
    'trailers',
    'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Checksum: 99\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n',
    ['/a:', '/b:'],
  ],
  ['a length of nothing', 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n', ['/a:', '/b:']],
  ['empty lines before', '\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n', ['/a:', '/b:']],
]

describe('messages end where llhttp says that they end', () => {
  test.each(ACCEPTED)('%s', async (_name, bytes, expected) => {
    const direct: string[] = []
    const through: string[] = []
    const { port: reference } = await harness.httpServer(recorder(direct))
    const { port: upstream } = await harness.httpServer(recorder(through))
    const proxy = await proxyBefore(upstream)
    for (const port of [reference, proxy]) await exchange(port, [bytes], /(end[^]*){2}/)
    expect(through).toEqual(expected)
    expect(direct).toEqual(expected)
  })

  test('what llhttp lets through of the corpus is known', async () => {
    const tolerated: string[] = []
    for (const [name, bytes] of REFUSED) if (await reachesCanary(bytes)) tolerated.push(name)
    // What it accepts and we do not: decision 0010.
    expect(tolerated.toSorted()).toEqual(LLHTTP_ACCEPTS)
  })
})

/** All of them leave room for two readings to somebody else. */
const LLHTTP_ACCEPTS = ['a fragment in the target', 'a host with user information', 'identity before chunked', 'no host', 'two hosts']

function recorder(into: string[]): Parameters<typeof createServer>[1] & Parameters<Harness['httpServer']>[0] {
  return (request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      into.push(`${request.url ?? ''}:${body}`)
      response.end('end')
    })
  }
}

/** Whether node:http takes the bytes for two requests. */
async function reachesCanary(bytes: string): Promise<boolean> {
  const seen: string[] = []
  const { port } = await harness.httpServer(recorder(seen))
  await exchange(port, [Buffer.from(bytes, 'latin1')], /(end[^]*){2}/, true).catch(() => '')
  return seen.some(entry => entry.startsWith('/canary'))
}
