import { connect, createServer, type Server, type Socket } from 'node:net'

/** Passes connections on to `port`, what the client sends byte by byte, each in a segment of its own for as many bytes as `pieces`. */
export function startByteByByte(port: number, pieces: number): Promise<Server> {
  const relay = createServer({ noDelay: true }, client => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    const drip = new Drip(upstream, pieces)
    client.on('data', (part: Buffer) => drip.push(part))
    client.on('end', () => drip.end())
    upstream.pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  return new Promise(resolve => relay.listen(0, '127.0.0.1', () => resolve(relay)))
}

/** Writes what it is given in order, one byte a turn until the pieces are used up. */
class Drip {
  private readonly to: Socket
  private left: number
  private waiting: Buffer[] = []
  private ended = false
  private busy = false

  constructor(to: Socket, pieces: number) {
    this.to = to
    this.left = pieces
  }

  push(part: Buffer): void {
    this.waiting.push(part)
    this.run()
  }

  end(): void {
    this.ended = true
    this.run()
  }

  private run(): void {
    if (this.busy) return
    const bytes = Buffer.concat(this.waiting)
    this.waiting = []
    if (bytes.length === 0) {
      if (this.ended) this.to.end()
      return
    }
    const size = this.left > 0 ? 1 : bytes.length
    this.left -= size
    if (size < bytes.length) this.waiting.push(bytes.subarray(size))
    this.busy = true
    this.to.write(bytes.subarray(0, size), () =>
      setImmediate(() => {
        this.busy = false
        this.run()
      }),
    )
  }
}
