// An application that keeps streams open for as long as its clients like: server-sent events and WebSockets on `PORT`, gRPC without
// TLS on `GRPC_PORT`. Knows nothing of a mesh.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'

/** What RFC 6455 section 1.3 joins to the client's key. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const host = process.env['HOST'] ?? '127.0.0.1'

/** `?every=MS` between two events; nothing is sent in between. */
const events = createServer((request, response) => {
  const every = Number(new URL(request.url ?? '/', 'http://here').searchParams.get('every') ?? '1000')
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let count = 0
  const tell = (): boolean => response.write(`data: ${count++}\n\n`)
  tell()
  const timer = setInterval(tell, every)
  response.on('close', () => clearInterval(timer))
})

/** Gives back what a client sends, frames of less than 126 bytes, each whole. */
events.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`)
  socket.on('error', () => socket.destroy())
  socket.on('data', (frame: Buffer) => {
    const mask = frame.subarray(2, 6)
    const payload = frame.subarray(6).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    socket.write(Buffer.concat([Buffer.from([frame.readUInt8(0), payload.length]), payload]))
  })
})

/** A method with a stream each way that gives back each message; what a message holds is no matter here. */
const grpc = createHttp2Server()
grpc.on('stream', (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.on('error', () => stream.destroy())
  stream.pipe(stream)
})

events.listen(Number(process.env['PORT']), host)
grpc.listen(Number(process.env['GRPC_PORT'] ?? '9090'), host)
process.once('SIGTERM', () => process.exit(0))
