import { connect, type Socket } from 'node:net'
import { END_HEADERS, END_STREAM, FRAME, frame, GET_BLOCK, http2Preface } from './http2-frames.ts'

/** A client that takes its time: what it says at once, and what again and again. */
export interface SlowClient {
  readonly name: string
  readonly first: Buffer
  /** Null: nothing more. */
  readonly again: Buffer | null
  /** Reads nothing of what comes back. */
  readonly deaf: boolean
}

const text = (value: string): Buffer => Buffer.from(value, 'latin1')

/** Settings that leave no room for any data (RFC 9113 6.5.2). */
const NO_WINDOW = frame(FRAME.settings, 0, 0, Buffer.of(0, 4, 0, 0, 0, 0))

export const SLOW_CLIENTS: readonly SlowClient[] = [
  { name: 'slow head', first: text('GET / HTTP/1.1\r\nhost: a\r\n'), again: text('x'), deaf: false },
  { name: 'slow lines', first: text('GET / HTTP/1.1\r\n'), again: text('x: y\r\n'), deaf: false },
  { name: 'slow body', first: text('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n'), again: text('x'), deaf: false },
  {
    name: 'slow chunks',
    first: text('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'),
    again: text('1\r\nx\r\n'),
    deaf: false,
  },
  { name: 'no reading', first: text('GET /large HTTP/1.1\r\nhost: a\r\n\r\n'), again: null, deaf: true },
]

export const SLOW_HTTP2_CLIENTS: readonly SlowClient[] = [
  {
    name: 'header block without an end',
    first: Buffer.concat([http2Preface(), frame(FRAME.headers, 0, 1, GET_BLOCK)]),
    again: null,
    deaf: false,
  },
  {
    name: 'slow DATA',
    first: Buffer.concat([http2Preface(), frame(FRAME.headers, END_HEADERS, 1, GET_BLOCK)]),
    again: frame(FRAME.data, 0, 1, Buffer.of(120)),
    deaf: false,
  },
  {
    name: 'no window',
    first: Buffer.concat([http2Preface(), NO_WINDOW, frame(FRAME.headers, END_HEADERS | END_STREAM, 1, GET_BLOCK)]),
    again: null,
    deaf: false,
  },
  { name: 'half a preface', first: http2Preface().subarray(0, 20), again: null, deaf: false },
]

const AGAIN_MS = 250

/** Times from the first byte to the end of each of `count` connections, in milliseconds; -1 for one that stayed until `limitMs`. */
export function slowClients(port: number, client: SlowClient, count: number, limitMs: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => slowly(port, client, i, limitMs)))
}

function slowly(port: number, client: SlowClient, index: number, limitMs: number): Promise<number> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let startMs = performance.now()
    let ended = false
    const finish = (tookMs: number): void => {
      clearInterval(again)
      clearTimeout(limit)
      socket.destroy()
      resolve(tookMs)
    }
    const say = (): void => {
      if (client.again !== null && !ended) socket.write(client.again)
      // Who reads nothing does not see the end either, but finds it when writing.
      else if (client.deaf) probe(socket)
    }
    const again = setInterval(say, AGAIN_MS + (index % 10))
    const limit = setTimeout(() => finish(-1), limitMs)
    socket.once('connect', () => {
      startMs = performance.now()
      socket.write(client.first)
      if (client.deaf) socket.pause()
      else socket.resume()
    })
    socket.on('end', () => {
      ended = true
      finish(performance.now() - startMs)
    })
    socket.on('error', () => undefined)
    socket.once('close', () => finish(performance.now() - startMs))
  })
}

/** A byte that nobody expects: it is answered by a reset once the other side is gone. */
function probe(socket: Socket): void {
  socket.write('x')
}
