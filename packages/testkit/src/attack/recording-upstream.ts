import { createServer, type Server, type Socket } from 'node:net'

/** A server that keeps every byte it receives, and answers each end of a head as it is told. */
export class RecordingUpstream implements AsyncDisposable {
  /** A text for each connection, in the order in which they came. */
  readonly received: string[] = []
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  private constructor(answer: string) {
    this.server = createServer(socket => this.serve(socket, answer))
  }

  static async start(answer: string = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'): Promise<RecordingUpstream> {
    const upstream = new RecordingUpstream(answer)
    await new Promise<void>(resolve => upstream.server.listen(0, '127.0.0.1', resolve))
    return upstream
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** All that came, of all connections. */
  get text(): string {
    return this.received.join('')
  }

  forget(): void {
    this.received.length = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise(resolve => this.server.close(resolve))
  }

  private serve(socket: Socket, answer: string): void {
    let index = -1
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (part: Buffer) => {
      const text = part.toString('latin1')
      // What was forgotten stays so: a kept connection begins a new text.
      if (this.received[index] === undefined) index = this.received.push('') - 1
      this.received[index] += text
      for (const _end of text.matchAll(/\r\n\r\n/g)) socket.write(answer)
    })
  }
}
