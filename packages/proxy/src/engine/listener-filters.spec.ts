import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { httpInspector } from '../listener-filters/http-inspector/index.ts'
import { listenerRateLimit } from '../listener-filters/local-ratelimit/index.ts'
import { proxyProtocol } from '../listener-filters/proxy-protocol/index.ts'
import { tlsInspector } from '../listener-filters/tls-inspector/index.ts'
import type { FilterChainConfig, FilterChainMatch } from '../model/listener.ts'
import { connectionLimit } from '../network-filters/connection-limit/index.ts'
import { directResponse } from '../network-filters/direct-response/index.ts'
import { echo } from '../network-filters/echo/index.ts'
import { networkRateLimit } from '../network-filters/local-ratelimit/index.ts'
import { ANY, chain, listener } from './testdata/configs.ts'
import { exchange, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

/** A chain that says `text` to whom it matches. */
function says(text: string, match: Partial<FilterChainMatch> = {}): FilterChainConfig {
  return chain(directResponse(Buffer.from(text)), { match: { ...ANY, ...match } })
}

const PROXY = proxyProtocol({ rules: [], allowWithoutHeader: false, passesOn: () => false, disallowedVersions: [2], statPrefix: '' })

/** Sends the text byte by byte. */
async function dribble(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let seen = ''
  socket.on('data', (part: Buffer) => (seen += part.toString('latin1')))
  const closed = new Promise(resolve => socket.on('error', () => undefined).on('close', resolve))
  for (const byte of text) {
    socket.write(byte, 'latin1')
    await delay(1)
  }
  await closed
  return seen
}

test('PROXY header: addresses choose the chain, and the rest is passed on, also in single bytes', async () => {
  const port = await harness.listen(
    listener(
      'l',
      [
        says('port 8443', { destinationPort: 8443 }),
        says('from ten', { sourceRanges: [{ address: '10.0.0.0', prefixLength: 8 }] }),
        chain(echo),
      ],
      {
        listenerFilters: [PROXY],
      },
    ),
  )
  expect(await exchange(port, ['PROXY TCP4 10.0.0.1 10.0.0.2 1000 8443\r\n'])).toBe('port 8443')
  expect(await dribble(port, 'PROXY TCP4 10.0.0.1 10.0.0.2 1000 1\r\n')).toBe('from ten')
  expect(await exchange(port, ['PROXY UNKNOWN\r\nhello'], undefined, true)).toBe('hello')
  expect(await exchange(port, ['GET / HTTP/1.1\r\n']).catch(() => '')).toBe('')
  const version2 = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex')
  expect(await exchange(port, [version2]).catch(() => '')).toBe('')
  expect(harness.counter('proxy_proto.versions.v2.disallowed')).toBe(1)
})

test('time for listener filters: closed when it is over, or the chain of what is known', async () => {
  const slow = { listenerFilters: [tlsInspector], inspectionTimeoutMs: 100 }
  const strict = await harness.listen(listener('strict', [says('plain')], slow))
  expect(await exchange(strict, []).catch(() => '')).toBe('')
  expect(
    [...harness.stats.metrics()]
      .filter(({ name }) => name.endsWith('downstream_pre_cx_timeout'))
      .map(({ slot }) => harness.stats.value(slot)),
  ).toEqual([1])
  const lenient = await harness.listen(listener('lenient', [says('plain')], { ...slow, continueOnTimeout: true }))
  expect(await exchange(lenient, [])).toBe('plain')
})

test('a filter that is disabled for a port is passed by', async () => {
  const port = await harness.listen(listener('l', [says('first')], { listenerFilters: [{ ...tlsInspector, enabledFor: () => false }] }))
  expect(await exchange(port, [])).toBe('first')
})

test('HTTP in single bytes', async () => {
  const port = await harness.listen(
    listener('l', [says('http', { applicationProtocols: ['http/1.1'] }), says('h2c', { applicationProtocols: ['h2c'] }), says('other')], {
      listenerFilters: [tlsInspector, httpInspector],
    }),
  )
  expect(await dribble(port, 'GET / HTTP/1.1\r\n')).toBe('http')
  expect(await dribble(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toBe('h2c')
  expect(await dribble(port, '*1\r')).toBe('other')
})

test('limits: connections at once, new connections by rate, in listener and chain', async () => {
  const bucket = { maxTokens: 1, tokensPerFill: 1, fillIntervalMs: 60_000 }
  const byListener = await harness.listen(listener('a', [says('in')], { listenerFilters: [listenerRateLimit('x', bucket, true)] }))
  expect(await exchange(byListener, [])).toBe('in')
  expect(await exchange(byListener, []).catch(() => '')).toBe('')
  expect(harness.counter('listener_local_ratelimit.x.rate_limited')).toBe(1)

  const byChain = await harness.listen(listener('b', [chain(echo, { filters: [networkRateLimit('y', bucket, true)] })]))
  expect(await exchange(byChain, ['hi'], /hi/)).toBe('hi')
  expect(await exchange(byChain, []).catch(() => '')).toBe('')
  expect(harness.counter('local_rate_limit.y.rate_limited')).toBe(1)

  const limit = connectionLimit({ statPrefix: 'z', maxConnections: 1, delayMs: 0, enabled: true })
  const atOnce = await harness.listen(listener('c', [chain(echo, { filters: [limit] })]))
  const first = connect(atOnce, '127.0.0.1')
  await new Promise(resolve => first.once('data', resolve).write('x'))
  expect(await exchange(atOnce, []).catch(() => '')).toBe('')
  expect(harness.counter('connection_limit.z.limited_connections')).toBe(1)
  first.destroy()
  await expect.poll(() => harness.counter('connection_limit.z.active_connections')).toBe(0)
  expect(await exchange(atOnce, ['again'], /again/)).toBe('again')
})

test('a connection that is held for its delay gets nothing and is closed then', async () => {
  const limit = connectionLimit({ statPrefix: 'd', maxConnections: 1, delayMs: 150, enabled: true })
  const port = await harness.listen(listener('l', [chain(echo, { filters: [limit] })]))
  const first = connect(port, '127.0.0.1')
  await new Promise(resolve => first.once('data', resolve).write('x'))
  const began = performance.now()
  expect(await exchange(port, ['y']).catch(() => '')).toBe('')
  expect(performance.now() - began).toBeGreaterThan(100)
  first.destroy()
})
