import { Agent, request as httpRequest } from 'node:http'

import type { MeshReply } from './mesh.ts'

export interface HttpCall {
  readonly port: number
  readonly method: string
  /** As written on the request line. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | number | readonly string[] | undefined>>
  readonly body: string | undefined
}

/** Above the 15 s that Envoy gives a route of which nothing is said. */
const LIMIT_MS = 25_000

/** HTTP/1.1 calls to 127.0.0.1 over kept-alive connections, as applications make them. */
export class HttpCaller {
  /** How many connections were opened so far. */
  connections = 0
  private readonly agent: Agent

  constructor(maxConnections: number = 64) {
    this.agent = new Agent({ keepAlive: true, maxSockets: maxConnections })
  }

  /** Never rejects: a broken connection is a reply with status 0 and the error's code as body. */
  call(call: HttpCall): Promise<MeshReply> {
    const begin = performance.now()
    const since = (): number => performance.now() - begin
    return new Promise(resolve => {
      const failed = (error: NodeJS.ErrnoException): void =>
        resolve({ status: 0, headers: {}, body: error.code ?? error.message, durationMs: since() })
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: call.port,
          method: call.method,
          path: call.target,
          headers: Object.fromEntries(Object.entries(call.headers).map(([name, value]) => [name, mutable(value)])),
          agent: this.agent,
          timeout: LIMIT_MS,
        },
        response => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => (body += chunk))
          response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body, durationMs: since() }))
          response.once('error', failed)
        },
      )
      request.once('error', failed)
      request.once('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '', durationMs: since() })
      })
      request.once('socket', () => {
        if (!request.reusedSocket) this.connections++
      })
      request.once('timeout', () => request.destroy(new Error('timeout')))
      request.end(call.body)
    })
  }

  close(): void {
    this.agent.destroy()
  }
}

function mutable(value: string | number | readonly string[] | undefined): string | number | string[] | undefined {
  return typeof value === 'object' ? [...value] : value
}
