// The application of the scenarios: answers with what it received, and does what `x-echo` asks for. Knows nothing of a mesh.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const name = process.env['ECHO_NAME'] ?? 'echo'
const calls = new Map<string, number>()
let served = 0
let isEnding = false

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  served++
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const step = nextStep(request)
  const [what = '200', wait = '0'] = step.split('@')
  await delay(Number(wait))
  if (what === 'reset') {
    request.socket.destroy()
    return
  }
  const { method, url: path, headers, socket } = request
  const body = { name, method, path, headers, body: Buffer.concat(chunks).toString(), served, peer: socket.remoteAddress }
  // Who keeps the connection would keep an application that is about to end.
  if (isEnding) response.setHeader('connection', 'close')
  response.writeHead(Number(what), { 'content-type': 'application/json', 'x-echo-name': name })
  response.end(JSON.stringify(body))
}

/** `x-echo: 503` always; `x-echo-plan: 503,503,200` with `x-echo-key` one step for each call with that key. */
function nextStep(request: IncomingMessage): string {
  const plan = request.headers['x-echo-plan']
  if (typeof plan !== 'string') return String(request.headers['x-echo'] ?? '200')
  const key = String(request.headers['x-echo-key'] ?? '')
  const index = calls.get(key) ?? 0
  calls.set(key, index + 1)
  const steps = plan.split(',')
  return steps[Math.min(index, steps.length - 1)] ?? '200'
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
/** What RFC 6455 section 1.3 joins to the client's key. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`)
  socket.on('error', () => socket.destroy())
  socket.on('data', (frames: Buffer) => socket.write(unmasked(frames)))
})

/** Gives back the text frames of a client, each shorter than 126 bytes and whole. */
function unmasked(frames: Buffer): Buffer {
  const answers: Buffer[] = []
  for (let at = 0; at + 6 <= frames.length;) {
    const length = frames.readUInt8(at + 1) & 0x7f
    const mask = frames.subarray(at + 2, at + 6)
    const payload = frames.subarray(at + 6, at + 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    answers.push(Buffer.from([frames.readUInt8(at), length]), Buffer.from(payload))
    at += 6 + length
  }
  return Buffer.concat(answers)
}

server.keepAliveTimeout = 60_000
server.listen(Number(process.env['PORT']), process.env['HOST'] ?? '127.0.0.1')
process.once('SIGTERM', () => {
  isEnding = true
  // What was asked is answered.
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
