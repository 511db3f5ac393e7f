import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

import { sleep, systemClock } from '@meshwork/core/time'

/** By then a proxy on this machine has seen that a connection ended. */
const NOTICED_MS = 20

/** What an application does with a connection, told byte by byte. */
export type UpstreamScript = (socket: Socket) => void

/** An application that follows the script of its next connection, as a broken or hostile one would. */
export class ScriptedUpstream implements AsyncDisposable {
  /** Connections accepted so far. */
  connections = 0
  script: UpstreamScript = () => undefined
  port = 0
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  private constructor() {
    this.server = createServer({ allowHalfOpen: true }, socket => {
      this.connections++
      this.sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => this.sockets.delete(socket))
      this.script(socket)
    })
  }

  static async listen(): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream()
    upstream.server.listen(0, '127.0.0.1')
    await once(upstream.server, 'listening')
    const address = upstream.server.address()
    upstream.port = typeof address === 'object' && address !== null ? address.port : 0
    return upstream
  }

  /** Ends all connections, so that the next request needs a new one. */
  async closeConnections(): Promise<void> {
    const open = [...this.sockets]
    for (const socket of open) socket.destroy()
    await sleep(systemClock, NOTICED_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }
}

/** Calls back with the path of each request, in order. Requests have no bodies, or ones that need no answer to be ignored. */
export function onRequests(socket: Socket, answer: (path: string, index: number) => void): void {
  let index = 0
  let text = ''
  socket.on('data', part => {
    text += part.toString('latin1')
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      answer(/^\S+ (\S+) /.exec(text)?.[1] ?? '', index++)
      text = text.slice(end + 4)
    }
  })
}

/** A whole response with this body. */
export function response(body: string, headers: string = ''): string {
  return `HTTP/1.1 200 OK\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`
}
