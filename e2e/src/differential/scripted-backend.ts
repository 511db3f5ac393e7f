import { createServer, type Server, type Socket } from 'node:net'

import type { Backend } from './readers.ts'
import { DOUBTFUL_RESPONSES } from './doubtful-responses.ts'

/** Answers `/caseN…` with the Nth doubtful response, and everything else with `canary` and the path. */
export class ScriptedBackend implements Backend {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  private constructor() {
    this.server = createServer(socket => this.serve(socket))
  }

  static async start(): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend()
    await new Promise<void>(resolve => backend.server.listen(0, '127.0.0.1', resolve))
    return backend
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise(resolve => this.server.close(resolve))
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    socket.on('error', () => undefined)
    let head = ''
    socket.on('data', (part: Buffer) => {
      head += part.toString('latin1')
      for (let end = head.indexOf('\r\n\r\n'); end >= 0; end = head.indexOf('\r\n\r\n')) {
        answerOn(socket, head.split(' ', 2)[1] ?? '')
        head = head.slice(end + 4)
      }
    })
  }
}

function answerOn(socket: Socket, path: string): void {
  const [, index] = /case(\d+)/.exec(path) ?? []
  const response = index === undefined ? undefined : DOUBTFUL_RESPONSES[Number(index)]
  const body = `canary ${path}`
  const bytes = response?.bytes ?? `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  if (response?.closes === true) socket.end(bytes, 'latin1')
  else socket.write(bytes, 'latin1')
}
