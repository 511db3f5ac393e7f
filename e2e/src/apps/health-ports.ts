// Ports that a kubelet probes and no Service has: HTTP 8081, gRPC 8082, TCP 8083. `/asked` says how often each was; `/ready` and
// `/unready` say what `/healthz` answers from then on. HEALTH=unready: begins so. Knows nothing of a mesh.
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'

const asked = { http: 0, grpc: 0, tcp: 0 }
let ready = process.env['HEALTH'] !== 'unready'
/** grpc.health.v1.HealthCheckResponse with status SERVING: no compression, two bytes, field 1 is 1. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 8, 1])

const http = createHttpServer((request, response) => {
  if (request.url === '/healthz') {
    asked.http++
    response.writeHead(ready ? 200 : 503).end()
    return
  }
  if (request.url === '/ready' || request.url === '/unready') ready = request.url === '/ready'
  response.end(JSON.stringify({ asked, ready }))
})

const grpc = createHttp2Server().on('stream', (stream: ServerHttp2Stream) => {
  asked.grpc++
  stream.on('error', () => stream.destroy())
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.end(SERVING)
})

const tcp = createTcpServer(socket => {
  asked.tcp++
  socket.on('error', () => socket.destroy())
  socket.end()
})

const servers = [http, grpc, tcp]
for (const [index, server] of servers.entries()) server.listen(8081 + index, '0.0.0.0')
process.once('SIGTERM', () => {
  for (const server of servers) server.close()
  http.closeIdleConnections()
})
