import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { SocketAddress } from '../ids/socket-address.ts'
import { silentLogger } from '../log/logger.ts'
import { textAnswer } from './http-answer.ts'
import { HttpEndpoint, type HttpPage, isFromThisMachine } from './http-endpoint.ts'
import { metricsPage } from './metrics-page.ts'

const PAGES = new Map<string, HttpPage>([
  ['/echo', query => textAnswer(`${query.get('word')}\n`, 203)],
  ['/metrics', metricsPage({ contentType: 'text/plain; version=0.0.4', metrics: () => Promise.resolve('up 1\n') })],
  ['/broken', () => Promise.reject(new Error('secret'))],
])
const ANY: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 }

function endpoint(address: SocketAddress): HttpEndpoint {
  return new HttpEndpoint({ name: 'pages', address, flag: '--pages-address', pages: PAGES, log: silentLogger })
}

let pages: HttpEndpoint
beforeEach(async () => {
  pages = endpoint(ANY)
  await pages.start()
})
afterEach(() => pages.close())

async function get(path: string, init: RequestInit = {}): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`http://127.0.0.1:${pages.port}${path}`, init)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

it('answers with the page of the path', async () => {
  expect(await get('/echo?word=a%20b')).toEqual({ status: 203, type: 'text/plain; charset=utf-8', body: 'a b\n' })
  expect(await get('/metrics')).toEqual({ status: 200, type: 'text/plain; version=0.0.4', body: 'up 1\n' })
  expect(await get('/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
})

it('lists what there is to whoever asks for something else', async () => {
  expect(await get('/echo/')).toMatchObject({ status: 404, body: 'no such page; there are:\n/echo\n/metrics\n/broken\n' })
})

it('is only for reading', async () => {
  expect(await get('/metrics', { method: 'POST', body: 'x' })).toMatchObject({ status: 405, body: 'only GET\n' })
})

it('keeps the reason of a failure to itself, and goes on', async () => {
  expect(await get('/broken')).toMatchObject({ status: 500, body: 'the page failed; see the log\n' })
  expect(await get('/metrics')).toMatchObject({ status: 200 })
})

it('refuses headers without end', async () => {
  expect(await get('/metrics', { headers: { padding: 'x'.repeat(17_000) } })).toMatchObject({ status: 431 })
})

it('names the address and the flag when the port is taken', async () => {
  const second = endpoint({ kind: 'tcp', host: '127.0.0.1', port: pages.port })
  await expect(second.start()).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${pages.port}`),
    nextStep: expect.stringContaining('--pages-address'),
  })
  await second.close()
})

it('closes although a page is still being made', async () => {
  const asked = Promise.withResolvers<void>()
  const never: HttpPage = () => {
    asked.resolve()
    return new Promise(() => undefined)
  }
  const slow = new HttpEndpoint({ name: 'slow', address: ANY, flag: '--x', pages: new Map([['/', never]]), log: silentLogger })
  await slow.start()
  const answer = fetch(`http://127.0.0.1:${slow.port}/`).then(
    () => 'answered',
    () => 'ended',
  )
  await asked.promise
  await slow.close()
  expect(await answer).toBe('ended')
})

it('serves on a socket in the file system', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'))
  const socketPath = join(folder, 'http.sock')
  const local = endpoint({ kind: 'unix', path: socketPath })
  await local.start()
  const body = await new Promise<string>((resolve, reject) => {
    const call = request({ socketPath, path: '/metrics', agent: false }, response => void text(response).then(resolve, reject))
    call.once('error', reject).end()
  })
  await local.close()
  rmSync(folder, { recursive: true })
  expect(body).toBe('up 1\n')
  expect(local.port).toBe(0)
})

it('does what it is asked to by POST, for this machine only', async () => {
  let done = 0
  const act = (): ReturnType<typeof textAnswer> => textAnswer(`${++done}\n`)
  const acting = new HttpEndpoint({
    name: 'a',
    address: ANY,
    flag: '--a',
    pages: PAGES,
    actions: new Map([['/act', act]]),
    log: silentLogger,
  })
  await acting.start()
  const ask = (path: string, method: string): Promise<number> =>
    fetch(`http://127.0.0.1:${acting.port}${path}`, { method }).then(({ status }) => status)
  try {
    expect([await ask('/act', 'GET'), await ask('/other', 'POST'), await ask('/act', 'POST'), done]).toEqual([404, 405, 200, 1])
  } finally {
    await acting.close()
  }
})

it.each([
  ['127.0.0.1', true],
  ['::ffff:127.0.0.6', true],
  ['::1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['fd00::1', false],
])('takes %s for this machine: %s', (address, expected) => expect(isFromThisMachine(address)).toBe(expected))
