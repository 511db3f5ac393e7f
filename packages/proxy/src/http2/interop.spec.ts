import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import { DEFAULT_HTTP2_OPTIONS } from './http2-options.ts'
import { Http2Session } from './http2-session.ts'
import { RecordingSink, newLog, type StreamLog } from './testdata/recording-sink.ts'

const running: (() => void)[] = []
afterEach(() => {
  for (const stop of running.splice(0)) stop()
})

/** A session on a real socket, flushed after each piece. */
function attach(socket: Socket, role: 'server' | 'client', sink: RecordingSink): Http2Session<StreamLog> {
  socket.setNoDelay(true)
  const output = {
    get congested(): boolean {
      return socket.writableNeedDrain
    },
    write: (bytes: Buffer) => {
      socket.write(bytes)
      return false
    },
  }
  const session = new Http2Session<StreamLog>(role, sink, output, DEFAULT_HTTP2_OPTIONS)
  socket.on('data', (bytes: Buffer) => {
    session.feed(bytes, 0, bytes.length, 0)
    session.flush()
  })
  socket.on('drain', () => session.onWritable())
  socket.on('error', () => socket.destroy())
  session.start()
  session.flush()
  return session
}

async function port(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** Echoes each body, with the request's head in a header. */
async function echoServer(): Promise<number> {
  const server = createServer(socket => {
    running.push(() => socket.destroy())
    const sink = new RecordingSink()
    const session = attach(socket, 'server', sink)
    sink.onChunk = (stream, size) => session.consumed(stream, size)
    sink.onEnd = stream => {
      const headers = new HeaderTable()
      headers.append('x-head', sink.log(stream).head)
      session.sendResponse(stream, 200, headers, false)
      session.sendData(stream, Buffer.from(sink.log(stream).data, 'latin1'), true, false)
    }
  })
  running.push(() => server.close())
  return port(server)
}

async function request(
  client: ClientHttp2Session,
  headers: Record<string, string>,
  body: Buffer,
): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  const stream = client.request(headers)
  stream.end(body)
  const answered = once(stream, 'response')
  const parts: Buffer[] = []
  stream.on('data', (part: Buffer) => parts.push(part))
  const ended = once(stream, 'end')
  const [answer] = await answered
  await ended
  return { headers: answer, body: Buffer.concat(parts) }
}

describe('against nghttp2', () => {
  test('serves its client: many requests, bodies larger than the windows, ever new and ever same fields', async () => {
    const client = connectHttp2(`http://127.0.0.1:${await echoServer()}`)
    running.push(() => client.destroy())
    for (let i = 0; i < 40; i++) {
      const body = Buffer.alloc(i * 9000, i)
      const answer = await request(
        client,
        { ':method': 'POST', ':path': `/${i}`, 'x-same': ' yes ', 'x-new': `value-${i}${'~'.repeat(i)}` },
        body,
      )
      expect(answer.body.equals(body)).toBe(true)
      expect(answer.headers['x-head']).toContain(`POST http 127.0.0.1:`)
      expect(answer.headers['x-head']).toContain(`x-same=yes;x-new=value-${i}${'~'.repeat(i)}`)
    }
  })

  test('every byte that a field value may have comes through its Huffman code', async () => {
    const client = connectHttp2(`http://127.0.0.1:${await echoServer()}`)
    running.push(() => client.destroy())
    for (let code = 33; code < 127; code++) {
      const value = String.fromCharCode(code).repeat(3) + '0'.repeat(20)
      const answer = await request(client, { ':method': 'POST', ':path': '/', 'x-v': value }, Buffer.alloc(0))
      expect(answer.headers['x-head']).toContain(`x-v=${value}`)
    }
  })

  test('is served by its server', async () => {
    const server = createHttp2Server((incoming, response) => {
      response.writeHead(200, { 'x-path': incoming.url, 'x-seen': String(incoming.headers['x-a']) })
      incoming.pipe(response)
    })
    const socket = connect(await port(server), '127.0.0.1')
    running.push(
      () => socket.destroy(),
      () => server.close(),
    )
    const sink = new RecordingSink()
    const session = attach(socket, 'client', sink)
    sink.onChunk = (stream, size) => session.consumed(stream, size)
    const headers = new HeaderTable()
    headers.append('x-a', 'b'.repeat(50))
    const body = Buffer.alloc(300_000, 'z')
    const done = new Promise<void>(resolve => {
      let left = 50
      sink.onEnd = () => {
        if (--left === 0) resolve()
      }
    })
    for (let i = 0; i < 50; i++) {
      const stream = session.sendRequest(newLog(), 'POST', 'http', 'a.test', `/${i}`, '', headers, false)
      if (stream !== null) session.sendData(stream, body, true, false)
    }
    session.flush()
    await done
    for (let i = 0; i < 50; i++) {
      const log = sink.streams.get(2 * i + 1)
      expect(log?.head).toContain(`x-path=/${i};x-seen=${'b'.repeat(50)}`)
      expect(log?.data.length).toBe(body.length)
    }
  })
})
