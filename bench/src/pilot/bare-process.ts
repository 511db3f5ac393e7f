// The least that a control plane on `node:http2` can do, as a peer for what pilot adds: mutual TLS, one stream a client, no mesh.
// First requests are answered with nothing; each `apply` sends every client the same 300 bytes. Arguments and messages: pilot-process.ts.
import { readFileSync } from 'node:fs'
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { eachField, frame, lengthField } from './fleet-wire.ts'
import type { ApplyCommand, PilotAnswer } from './pilot-process.ts'

/** Fields of a response, the same in both variants. */
const VERSION = 1
const RESOURCES = 2
const TYPE_URL = 4
const NONCE = 5
const ENDPOINTS = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment'
/** Without its head: type, version and nonce. */
const RESOURCE_BYTES = 200
const GRPC_HEAD_BYTES = 5

const [file = ''] = process.argv.slice(2)
const { certificateChain, privateKey, clientRoots } = JSON.parse(readFileSync(file, 'utf8'))
const streams = new Set<ServerHttp2Stream>()
const server = createSecureServer({ cert: certificateChain, key: privateKey, ca: clientRoots, requestCert: true })

server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  const typeField = String(headers[':path']).includes('Delta') ? 2 : TYPE_URL
  const answered = new Set<string>()
  streams.add(stream)
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
  stream.on('close', () => streams.delete(stream))
  stream.on('error', () => undefined)
  stream.on('data', (chunk: Buffer) => {
    for (const typeUrl of typesOf(chunk, typeField)) {
      if (answered.has(typeUrl)) continue
      answered.add(typeUrl)
      stream.write(response(typeUrl, 0))
    }
  })
})
server.on('sessionError', () => undefined)
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const at = server.address()
  answer({ kind: 'ready', port: typeof at === 'object' && at !== null ? at.port : 0 })
})

process.on('message', (_command: ApplyCommand) => {
  const at = process.hrtime.bigint()
  const bytes = response(ENDPOINTS, RESOURCE_BYTES)
  for (const stream of streams) stream.write(bytes)
  answer({ kind: 'applied', at: String(at) })
})

/** Simulated proxies write each message at once, so that none is cut. */
function typesOf(chunk: Buffer, typeField: number): readonly string[] {
  const types: string[] = []
  for (let at = 0; at + GRPC_HEAD_BYTES <= chunk.length;) {
    const end = at + GRPC_HEAD_BYTES + chunk.readUInt32BE(at + 1)
    eachField(chunk, at + GRPC_HEAD_BYTES, end, (field, from, to) => {
      if (field === typeField) types.push(chunk.toString('latin1', from, to))
    })
    at = end
  }
  return types
}

function response(typeUrl: string, resourceBytes: number): Buffer {
  const resources = resourceBytes === 0 ? [] : [lengthField(RESOURCES, Buffer.alloc(resourceBytes))]
  return frame(lengthField(VERSION, '1'), ...resources, lengthField(TYPE_URL, typeUrl), lengthField(NONCE, '1'))
}

function answer(message: PilotAnswer): void {
  process.send?.(message)
}
