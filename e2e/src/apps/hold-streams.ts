// `hold-streams HOST SECONDS GAP_SECONDS`: holds a WebSocket, server-sent events and a gRPC stream of `stream-server.ts` at once, silent
// but for one message every GAP_SECONDS, and prints for each how many came back and what ended it too early.
import { connect } from 'node:http2'
import { get } from 'node:http'

const [host = '', seconds = '30', gap = '5'] = process.argv.slice(2)
const GAP_MS = Number(gap) * 1000
const EVENTS_PORT = 8080
const GRPC_PORT = 9090

interface Held {
  readonly kind: string
  messages: number
  /** Why it ended while it was to be held; empty if it did not. */
  ended: string
}

const finished = { value: false }

function held(kind: string): { readonly row: Held; readonly end: (why: string) => void } {
  const row = { kind, messages: 0, ended: '' }
  const end = (why: string): void => {
    if (!finished.value && row.ended === '') row.ended = why
  }
  return { row, end }
}

function holdWebSocket(): Held {
  const { row, end } = held('websocket')
  const socket = new WebSocket(`ws://${host}:${EVENTS_PORT}/`)
  socket.addEventListener('message', () => row.messages++)
  socket.addEventListener('close', ({ code }) => end(`closed with ${code}`))
  socket.addEventListener('error', () => end('failed'))
  socket.addEventListener('open', () => {
    socket.send('0')
    setInterval(() => socket.send('again'), GAP_MS)
  })
  return row
}

function holdEvents(): Held {
  const { row, end } = held('events')
  const request = get({ host, port: EVENTS_PORT, path: `/?every=${GAP_MS}` }, response => {
    if (response.statusCode !== 200) end(`status ${response.statusCode}`)
    response.on('data', (chunk: Buffer) => (row.messages += chunk.toString().split('data: ').length - 1))
    response.on('error', error => end(error.message))
    response.on('close', () => end('closed'))
  })
  request.on('error', error => end(error.message))
  return row
}

/** A message of three bytes: no compression, its length, its bytes (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const MESSAGE = Buffer.from([0, 0, 0, 0, 3, 97, 98, 99])

function holdGrpc(): Held {
  const { row, end } = held('grpc')
  const session = connect(`http://${host}:${GRPC_PORT}`)
  const stream = session.request({ ':method': 'POST', ':path': '/e2e.Streams/Both', 'content-type': 'application/grpc', te: 'trailers' })
  stream.on('response', headers => {
    if (headers[':status'] !== 200 || headers['grpc-status'] !== undefined) end(`answered ${JSON.stringify(headers)}`)
  })
  stream.on('data', (chunk: Buffer) => (row.messages += chunk.length / MESSAGE.length))
  for (const each of [session, stream]) each.on('error', (error: Error) => end(error.message))
  stream.on('close', () => end('closed'))
  session.on('goaway', code => end(`told to go away with ${code}`))
  stream.write(MESSAGE)
  setInterval(() => stream.write(MESSAGE), GAP_MS)
  return row
}

const rows = [holdWebSocket(), holdEvents(), holdGrpc()]
setTimeout(
  () => {
    finished.value = true
    process.stdout.write(`${JSON.stringify(rows)}\n`, () => process.exit())
  },
  Number(seconds) * 1000,
)
