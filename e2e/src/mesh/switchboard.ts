import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** One address before several servers of which one is answering: a load balancer that changes its mind. */
export class Switchboard implements AsyncDisposable {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private target: number

  private constructor(target: number) {
    this.target = target
    this.server = createServer(client => this.join(client, connect(this.target, '127.0.0.1')))
  }

  static async listen(target: number): Promise<Switchboard> {
    const board = new Switchboard(target)
    board.server.listen(0, '127.0.0.1')
    await once(board.server, 'listening')
    return board
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** New connections go to this port of 127.0.0.1 from now on; those that there are end. */
  turnTo(target: number): void {
    this.target = target
    for (const socket of this.sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  private join(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.once('close', () => {
        this.sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
}
