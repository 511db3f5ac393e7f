import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bootstrap, cluster, httpFilter, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { freePort } from '@meshwork/testkit/net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const DRAIN_SECONDS = 3

describe('a proxy that is asked to stop', () => {
  let backend: Server
  let entry = 0
  /** Requests that wait for their answers, by path. */
  const waiting = new Map<string, ServerResponse>()
  beforeEach(async () => {
    waiting.clear()
    backend = createServer((request, response) => {
      const { url = '' } = request
      if (url.startsWith('/wait')) waiting.set(url, response)
      else response.end('ok')
    })
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    entry = await freePort()
  })
  afterEach(() => {
    backend.close()
    backend.closeAllConnections()
  })

  function start(): Promise<StaticProxy> {
    const address = backend.address()
    const service = cluster('service', typeof address === 'object' && address !== null ? address.port : 0)
    const config = bootstrap([listener(entry, httpFilter('service', 'AUTO'))], [service])
    return StaticProxy.start('proxy', config, { flags: ['--drain-seconds', String(DRAIN_SECONDS)] })
  }

  async function untilWaiting(path: string): Promise<ServerResponse> {
    await expect.poll(() => waiting.has(path), { timeout: 5000 }).toBe(true)
    const response = waiting.get(path)
    if (response === undefined) throw new Error(`nobody waits for ${path}`)
    return response
  }

  it('ends what is under way, asks clients to leave, takes no others, and is gone then', async () => {
    await using proxy = await start()
    const old = connect(entry, '127.0.0.1')
    let text = ''
    old.on('data', (bytes: Buffer) => (text += bytes.toString()))
    old.write('GET /wait/1 HTTP/1.1\r\nhost: a\r\n\r\n')
    const session = connectHttp2(`http://127.0.0.1:${entry}`)
    session.on('error', () => undefined)
    const goaways: number[] = []
    session.on('goaway', code => void goaways.push(code))
    const stream = session.request({ ':path': '/wait/2' })
    let streamed = ''
    stream.on('data', (bytes: Buffer) => (streamed += bytes.toString()))
    const [first, second] = [await untilWaiting('/wait/1'), await untilWaiting('/wait/2')]
    first.write('a')
    second.write('a')
    await expect.poll(() => [text.endsWith('a\r\n'), streamed], { timeout: 5000 }).toEqual([true, 'a'])
    const asked = performance.now()
    proxy.child.process.kill('SIGTERM')
    await expect.poll(() => goaways.length, { timeout: 2000 }).toBeGreaterThan(0)
    await expect(once(connect(entry, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await sleep(300)
    expect(proxy.child.running()).toBe(true)
    const over = Promise.all([once(old, 'close'), once(session, 'close')])
    first.end('b')
    second.end('b')
    await over
    await proxy.child.whenExited()
    expect(text).toMatch(/\r\n1\r\nb\r\n0\r\n\r\n$/)
    expect(streamed).toBe('ab')
    expect(goaways).toEqual(goaways.map(() => 0))
    expect(proxy.child.process.exitCode).toBe(0)
    // Nobody is waited for any longer.
    expect(performance.now() - asked).toBeLessThan(DRAIN_SECONDS * 1000)
  })

  it('says in its last answer on a connection that it closes it', async () => {
    await using proxy = await start()
    const old = connect(entry, '127.0.0.1')
    let text = ''
    old.on('data', (bytes: Buffer) => (text += bytes.toString()))
    old.write('GET /wait/1 HTTP/1.1\r\nhost: a\r\n\r\n')
    const answer = await untilWaiting('/wait/1')
    proxy.child.process.kill('SIGTERM')
    await sleep(200)
    const closed = once(old, 'close')
    answer.end('done')
    await closed
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\nconnection: close\r\n[^]*done/)
    await proxy.child.whenExited()
    expect(proxy.child.process.exitCode).toBe(0)
  })

  it('cuts what has not ended after the time to drain', async () => {
    await using proxy = await start()
    const old = connect(entry, '127.0.0.1')
    old.on('error', () => undefined)
    old.write('GET /wait/1 HTTP/1.1\r\nhost: a\r\n\r\n')
    await untilWaiting('/wait/1')
    const asked = performance.now()
    const closed = once(old, 'close')
    proxy.child.process.kill('SIGTERM')
    await closed
    const tookMs = performance.now() - asked
    await proxy.child.whenExited()
    expect(tookMs).toBeGreaterThan(DRAIN_SECONDS * 1000 - 100)
    expect(tookMs).toBeLessThan(DRAIN_SECONDS * 1000 + 2000)
    expect(proxy.child.process.exitCode).toBe(0)
  })
})
