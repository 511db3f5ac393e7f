import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bootstrap, cluster, http2Upstream, httpFilter, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { figures } from '@meshwork/testkit/faults'
import { freePort } from '@meshwork/testkit/net'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** Frame types and flags of RFC 9113, section 6. */
const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PUSH_PROMISE = 5
const PING = 6
const WINDOW_UPDATE = 8
const END_STREAM = 1
const END_HEADERS = 4
const ACK = 1
const PREFACE_BYTES = 24
const HEAD_BYTES = 9
/** By then a proxy on this machine has seen that a connection ended. */
const NOTICED_MS = 30

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HPACK by hand (RFC 7541): `:status: 200`, and literals without indexing. */
const STATUS_200 = Buffer.from([0x88])
const STATUS_100 = Buffer.concat([Buffer.from([0x08, 3]), Buffer.from('100')])

function contentLength(length: number): Buffer {
  const text = String(length)
  return Buffer.concat([Buffer.from([0x0f, 0x0d, text.length]), Buffer.from(text)])
}

function headers(stream: number, block: Buffer, flags: number = END_HEADERS): Buffer {
  return frame(HEADERS, flags, stream, block)
}

function data(stream: number, text: string, flags: number = END_STREAM): Buffer {
  return frame(DATA, flags, stream, Buffer.from(text))
}

function answer(stream: number, text: string = 'right'): Buffer {
  return Buffer.concat([headers(stream, STATUS_200), data(stream, text)])
}

/** What a server writes to the first request of a connection. `stolen` belongs to nobody. */
const MISBEHAVIOUR: Readonly<Record<string, (stream: number) => readonly Buffer[]>> = {
  'answers twice on one stream': stream => [answer(stream), answer(stream, 'stolen')],
  'answers a stream that is not open yet': stream => [answer(stream), answer(stream + 2, 'stolen')],
  'answers a stream that nobody may open': stream => [answer(stream), answer(stream + 1, 'stolen')],
  'answers the connection': stream => [answer(stream), headers(0, STATUS_200), data(0, 'stolen')],
  'sends a body before its head': stream => [data(stream, 'stolen', 0), answer(stream)],
  'sends a body after its end': stream => [answer(stream), data(stream, 'stolen')],
  'sends a body after a reset': stream => [frame(RST_STREAM, 0, stream, Buffer.alloc(4)), data(stream, 'stolen')],
  'sends more than it stated': stream => [headers(stream, Buffer.concat([STATUS_200, contentLength(5)])), data(stream, 'rightstolen')],
  'sends less than it stated': stream => [headers(stream, Buffer.concat([STATUS_200, contentLength(99)])), data(stream, 'stolen')],
  'states two lengths': stream => [
    headers(stream, Buffer.concat([STATUS_200, contentLength(5), contentLength(6)])),
    data(stream, 'stolen'),
  ],
  'has no status': stream => [headers(stream, contentLength(6)), data(stream, 'stolen')],
  'has a second head in place of trailers': stream => [
    headers(stream, STATUS_200),
    data(stream, 'right', 0),
    headers(stream, STATUS_200, END_HEADERS | END_STREAM),
  ],
  'pushes what nobody asked for': stream => [
    frame(PUSH_PROMISE, END_HEADERS, stream, Buffer.from([0, 0, 0, 2, 0x82, 0x84, 0x86])),
    answer(2, 'stolen'),
    answer(stream),
  ],
  'begins a head and goes on with another stream': stream => [headers(stream, STATUS_200, 0), answer(stream + 2, 'stolen')],
  'repeats 100': stream => [headers(stream, STATUS_100), headers(stream, STATUS_100), answer(stream)],
  'ends with 100': stream => [headers(stream, STATUS_100, END_HEADERS | END_STREAM), answer(stream, 'stolen')],
  'gives no credit at all': stream => [frame(WINDOW_UPDATE, 0, stream, Buffer.alloc(4)), answer(stream, 'stolen')],
}

/** An HTTP/2 server made by hand, which misbehaves at the first request of a connection if it is told to. */
class HandmadeServer implements AsyncDisposable {
  connections = 0
  misbehave: ((stream: number) => readonly Buffer[]) | null = null
  private readonly server: Server = createServer(socket => this.serve(socket))
  private readonly sockets = new Set<Socket>()

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return (this.server.address() as AddressInfo).port
  }

  /** Ends all connections, so that the next request needs a new one. */
  async closeConnections(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await sleep(NOTICED_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  private serve(socket: Socket): void {
    this.connections++
    this.sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => this.sockets.delete(socket))
    socket.write(frame(SETTINGS, 0, 0))
    let first = true
    let unread = Buffer.alloc(0)
    let prefaced = false
    socket.on('data', (part: Buffer) => {
      unread = Buffer.concat([unread, part])
      if (!prefaced && unread.length >= PREFACE_BYTES) {
        prefaced = true
        unread = unread.subarray(PREFACE_BYTES)
      }
      while (prefaced && unread.length >= HEAD_BYTES && unread.length >= HEAD_BYTES + unread.readUIntBE(0, 3)) {
        const [type, flags, stream] = [unread.readUInt8(3), unread.readUInt8(4), unread.readUInt32BE(5)]
        const payload = unread.subarray(HEAD_BYTES, HEAD_BYTES + unread.readUIntBE(0, 3))
        unread = unread.subarray(HEAD_BYTES + payload.length)
        if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0))
        if (type === PING && (flags & ACK) === 0) socket.write(frame(PING, ACK, 0, payload))
        if (type !== HEADERS) continue
        const how = first ? this.misbehave : null
        first = false
        // In one piece: an answer that comes after its stream was opened, however early, cannot be told from a right one.
        if (!socket.destroyed) socket.write(Buffer.concat(how?.(stream) ?? [answer(stream)]))
      }
    })
  }
}

interface Reply {
  /** 0: the connection ended before the answer was whole. */
  readonly status: number
  readonly body: string
}

function ask(port: number): Promise<Reply> {
  return new Promise(resolve => {
    const call = request({ host: '127.0.0.1', port, path: '/', agent: false }, response => {
      let body = ''
      response.on('data', (part: Buffer) => (body += part.toString()))
      response.once('end', () => resolve({ status: response.complete ? (response.statusCode ?? 0) : 0, body }))
      response.once('error', () => resolve({ status: 0, body }))
    })
    call.once('error', () => resolve({ status: 0, body: '' }))
    call.end()
  })
}

const server = new HandmadeServer()
let proxy: StaticProxy
let entry = 0
beforeAll(async () => {
  entry = await freePort()
  const port = await server.listen()
  const filter = httpFilter('hostile', 'AUTO', { timeout: '1s' })
  proxy = await StaticProxy.start('proxy', bootstrap([listener(entry, filter)], [cluster('hostile', port, http2Upstream)]))
})
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

it('[failure-35] no frame of a misbehaving HTTP/2 server reaches another request, and connections that went wrong are not used again', async () => {
  const contaminated: unknown[] = []
  const stuck: string[] = []
  let asked = 0
  for (const [name, misbehave] of Object.entries(MISBEHAVIOUR)) {
    server.misbehave = misbehave
    await server.closeConnections()
    const before = server.connections
    const replies: Reply[] = []
    for (let turn = 0; turn < 4; turn++) replies.push(await ask(entry))
    server.misbehave = null
    const after = [await ask(entry), await ask(entry)]
    asked += replies.length + after.length
    for (const { status, body } of [...replies, ...after]) {
      if (status === 200 && body !== 'right') contaminated.push({ name, status, body })
    }
    if (after[1]?.status !== 200)
      stuck.push(`${name}: ${after.map(({ status }) => status).join()} after ${server.connections - before} connections`)
  }
  figures('failure-35 HTTP/2', {
    misbehaviours: Object.keys(MISBEHAVIOUR).length,
    asked,
    contaminated: contaminated.length,
    connections: server.connections,
  })
  expect(contaminated).toEqual([])
  expect(stuck).toEqual([])
})
