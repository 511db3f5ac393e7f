import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { localBackend, LocalMesh } from '../backend/local/local-backend.ts'
import type { MeshReply } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { onRequests, response, ScriptedUpstream, type UpstreamScript } from '../mesh/scripted-upstream.ts'
import { ANN, shop } from '../mesh/shop.ts'

const HOST = 'scripted.example:8100'
/** Beyond this a request hangs: the route gives up after 500 ms. */
const HUNG_MS = 2_000

let mesh: LocalMesh
let upstream: ScriptedUpstream

beforeAll(async () => {
  upstream = await ScriptedUpstream.listen()
  const started = await localBackend.start(shop('upstreams', { scripted: scripted(upstream.port) }))
  if (!(started instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  mesh = started
  upstream.script = polite
  await eventually(async () => expect((await get('/warm')).body).toBe('/warm'))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

function get(path: string): Promise<MeshReply> {
  return mesh.request(ANN, { host: HOST, path })
}

const polite: UpstreamScript = socket => onRequests(socket, path => socket.write(response(path)))

const ROUNDS = 3

/** Each answers the first request of a connection so that more bytes follow than the request asked for, or fewer, or other ones. */
const MISBEHAVIOUR: Readonly<Record<string, (socket: Socket, path: string) => void>> = {
  'answers twice': (socket, path) => socket.write(response(path) + response('/stolen')),
  'answers twice, the second time a moment later': (socket, path) => {
    socket.write(response(path))
    setTimeout(() => socket.destroyed || socket.write(response('/stolen')), 5)
  },
  'sends a response behind a response without a body': socket => socket.write(`HTTP/1.1 204 No Content\r\n\r\n${response('/stolen')}`),
  'gives 204 a body': socket =>
    socket.write('HTTP/1.1 204 No Content\r\ncontent-length: 35\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  'states two lengths': socket => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: 7\r\n\r\n/stolen`),
  'states a length and chunks': socket =>
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${response('/stolen')}`),
  'ends its chunks early': (socket, path) =>
    socket.write(
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${path.length.toString(16)}\r\n${path}\r\n0\r\n\r\n${response('/stolen')}`,
    ),
  'sends a chunk of wrong size': socket => socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n/stolen\r\n0\r\n\r\n`),
  'sends bare line feeds': socket => socket.write(`HTTP/1.1 200 OK\ncontent-length: 7\n\n/stolen`),
  'sends no HTTP': socket => socket.write('220 welcome\r\n\r\n'),
  'repeats 100 and answers twice': (socket, path) =>
    socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${response(path)}${response('/stolen')}`),
  'switches protocols unasked': socket =>
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n${response('/stolen')}`),
}

it('[failure-35] no answer of a misbehaving application reaches another request', async () => {
  const contaminated: unknown[] = []
  let asked = 0
  for (const [name, misbehave] of Object.entries(MISBEHAVIOUR)) {
    for (let round = 0; round < ROUNDS; round++) {
      upstream.script = socket =>
        onRequests(socket, (path, index) => (index === 0 ? misbehave(socket, path) : socket.write(response(`${path} reused`))))
      await upstream.closeConnections()
      const bad = `/bad-${asked++}`
      const first = await get(bad)
      if (first.body.includes('stolen')) contaminated.push({ name, of: 'itself', status: first.status, body: first.body })
      await delay(10)
      upstream.script = polite
      for (const path of [`/good-${asked++}`, `/good-${asked++}`]) {
        const reply = await get(path)
        if (!reply.body.startsWith(path)) contaminated.push({ name, path, status: reply.status, body: reply.body })
      }
    }
  }
  expect(contaminated).toEqual([])
})

it('[failure-35] an early or a late answer is not taken for that of the next request', async () => {
  upstream.script = socket => {
    socket.write(response('/early'))
    onRequests(socket, path => socket.write(response(path)))
  }
  await upstream.closeConnections()
  for (let turn = 0; turn < 10; turn++) {
    // The first answer on a connection may come as early as it likes; the second belongs to nobody.
    expect(['/early', `/turn-${turn}`]).toContain((await get(`/turn-${turn}`)).body)
    await delay(10)
  }
  // The route gives up before the answer to the first request of a connection.
  upstream.script = socket =>
    onRequests(socket, (path, index) => void setTimeout(() => socket.write(response(path)), index === 0 ? 600 : 0))
  await upstream.closeConnections()
  expect((await get('/late')).status).toBe(504)
  upstream.script = polite
  for (let turn = 0; turn < 5; turn++) {
    await delay(50)
    expect((await get(`/next-${turn}`)).body).toBe(`/next-${turn}`)
  }
})

/** One of these happens on each connection; `reset` is RST, `end` FIN. */
const ENDINGS: Readonly<Record<string, UpstreamScript>> = {
  'RST when accepted': socket => void socket.resetAndDestroy(),
  'FIN when accepted': socket => void socket.end(),
  'RST after the request': socket => onRequests(socket, () => void socket.resetAndDestroy()),
  'FIN after the request': socket => onRequests(socket, () => void socket.end()),
  'RST within the status line': socket => writeThen(socket, 'HTTP/1.1 2', () => socket.resetAndDestroy()),
  'FIN within the headers': socket => writeThen(socket, 'HTTP/1.1 200 OK\r\ncontent-le', () => socket.end()),
  'RST after the headers': socket => writeThen(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', () => socket.resetAndDestroy()),
  'FIN within the body': socket => writeThen(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal', () => socket.end()),
  'RST within a chunk': socket =>
    writeThen(socket, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhal', () => socket.resetAndDestroy()),
  'RST after the answer': socket => writeThen(socket, response('whole'), () => socket.resetAndDestroy()),
  'FIN after the answer': socket => writeThen(socket, response('whole'), () => socket.end()),
  silence: () => undefined,
  'silence after half an answer': socket => writeThen(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal', () => undefined),
}

function writeThen(socket: Socket, text: string, then: () => void): void {
  onRequests(socket, () => socket.write(text, () => setTimeout(then, 5)))
}

it('[failure-34] no request hangs, whenever either side ends a connection', async () => {
  const hung: unknown[] = []
  for (const [name, script] of Object.entries(ENDINGS)) {
    upstream.script = script
    await upstream.closeConnections()
    const reply = await get('/ending')
    if (reply.durationMs > HUNG_MS) hung.push({ name, status: reply.status, durationMs: reply.durationMs })
  }
  upstream.script = polite
  await upstream.closeConnections()
  for (const part of PARTS) {
    for (const end of ['end', 'resetAndDestroy'] as const) await leave(part, end)
  }
  for (let turn = 0; turn < 10; turn++) {
    const reply = await get(`/well-${turn}`)
    if (reply.body !== `/well-${turn}`) hung.push({ name: 'after', status: reply.status, body: reply.body })
  }
  // Nothing is left of requests whose clients or servers went away.
  await eventually(async () => expect(await active()).toBe(0), 3_000)
  expect(hung).toEqual([])
})

/** What a client has sent when it leaves. */
const REQUEST = `POST http://${HOST}/leaving HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 10\r\n\r\n0123456789`
const PARTS = ['', REQUEST.slice(0, 20), REQUEST.slice(0, 80), REQUEST.slice(0, -5), REQUEST]

async function leave(part: string, end: 'end' | 'resetAndDestroy'): Promise<void> {
  const socket = connect(mesh.port(`sidecar/${ANN}`, 'httpProxy'), '127.0.0.1')
  socket.on('error', () => undefined)
  await new Promise<void>(resolve => void socket.once('connect', () => resolve()))
  if (part !== '') socket.write(part)
  await delay(10)
  socket[end]()
  await delay(10)
  socket.destroy()
}

/** Requests that the sidecar still has open towards the upstream. */
async function active(): Promise<number> {
  const { body } = await mesh.page(`sidecar/${ANN}`, 'admin', '/stats?filter=scripted.example.upstream_rq_active')
  return Number(/upstream_rq_active: (\d+)/.exec(body)?.[1] ?? Number.NaN)
}

function scripted(port: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: scripted, namespace: default}
spec:
  hosts: [scripted.example]
  ports: [{number: 8100, name: http, protocol: HTTP}]
  location: MESH_EXTERNAL
  resolution: STATIC
  endpoints: [{address: 127.0.0.1, ports: {http: ${port}}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: scripted, namespace: default}
spec:
  hosts: [scripted.example]
  http: [{timeout: 0.5s, retries: {attempts: 0}, route: [{destination: {host: scripted.example}}]}]
`
}
