import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What goes wrong in one direction of a connection once `afterBytes` of its bytes have passed:
 * `reset` ends both sides with RST, `end` both with FIN, `half-close` lets the reader see the end while the other direction goes on,
 * `silence` swallows the rest, `corrupt` flips the lowest bit of the next byte.
 */
export interface RelayFault {
  readonly kind: 'reset' | 'end' | 'half-close' | 'silence' | 'corrupt'
  /** 0: at once, for `reset` and `end` before any byte came. */
  readonly afterBytes: number
}

/** How one connection is relayed. Left out: as a cable would. */
export interface RelayPlan {
  /** One-way delay, each direction. */
  readonly delayMs?: number
  readonly toServer?: RelayFault
  readonly toClient?: RelayFault
}

const PLAIN: RelayPlan = {}

/** A TCP hop on 127.0.0.1 which delays, cuts or corrupts what passes, in place of a bad network. */
export class Relay implements AsyncDisposable {
  /** Consulted for every connection as it comes; `index` counts them from 0. */
  plan: (index: number) => RelayPlan = () => PLAIN
  /** Connections taken so far. */
  connections = 0
  /** Bytes that passed so far, over all connections. */
  readonly passed: { toServer: number; toClient: number } = { toServer: 0, toClient: 0 }
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private readonly toClients = new Set<Direction>()
  private readonly target: { readonly host: string; readonly port: number }

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.target = target
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, client => this.accept(client))
  }

  static async listen(targetPort: number, targetHost: string = '127.0.0.1'): Promise<Relay> {
    const relay = new Relay({ host: targetHost, port: targetPort })
    relay.server.listen(0, '127.0.0.1')
    await once(relay.server, 'listening')
    return relay
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  /** Resets every connection of now once so many more bytes came to its client. */
  cutAfter(bytes: number): void {
    for (const direction of this.toClients) direction.faultAfter({ kind: 'reset', afterBytes: bytes })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.cut()
    await closed
  }

  private accept(client: Socket): void {
    const plan = this.plan(this.connections++)
    const server = connect({ ...this.target, allowHalfOpen: true, noDelay: true })
    const link = new Link(client, server)
    for (const socket of [client, server]) {
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    }
    const delayMs = plan.delayMs ?? 0
    new Direction(link, client, server, delayMs, plan.toServer ?? null, bytes => (this.passed.toServer += bytes))
    const toClient = new Direction(link, server, client, delayMs, plan.toClient ?? null, bytes => (this.passed.toClient += bytes))
    this.toClients.add(toClient)
    client.once('close', () => this.toClients.delete(toClient))
  }
}

/** Both sockets of one relayed connection. */
class Link {
  private readonly client: Socket
  private readonly server: Socket

  constructor(client: Socket, server: Socket) {
    this.client = client
    this.server = server
    // One side that breaks breaks the other, as if there were nothing between them.
    client.on('error', () => server.resetAndDestroy())
    server.on('error', () => client.resetAndDestroy())
  }

  reset(): void {
    this.client.resetAndDestroy()
    this.server.resetAndDestroy()
  }

  end(): void {
    for (const socket of [this.client, this.server]) {
      socket.end()
      socket.destroySoon()
    }
  }
}

/** One direction of a connection: what comes from `from` goes to `to`, until its fault is due. */
class Direction {
  private readonly link: Link
  private readonly to: Socket
  private readonly delayMs: number
  private fault: RelayFault | null
  private readonly count: (bytes: number) => void
  private bytes = 0
  private faulted = false

  constructor(link: Link, from: Socket, to: Socket, delayMs: number, fault: RelayFault | null, count: (bytes: number) => void) {
    this.link = link
    this.to = to
    this.delayMs = delayMs
    this.fault = fault
    this.count = count
    from.on('data', (chunk: Buffer) => this.later(() => this.pass(chunk)))
    from.once('end', () => this.later(() => this.to.end()))
    if (fault !== null && fault.afterBytes === 0 && fault.kind !== 'corrupt') this.later(() => this.apply(fault))
  }

  /** The fault comes so many bytes from now. */
  faultAfter({ kind, afterBytes }: RelayFault): void {
    this.faulted = false
    this.fault = { kind, afterBytes: this.bytes + afterBytes }
    if (afterBytes === 0) this.apply(this.fault)
  }

  private later(act: () => void): void {
    if (this.delayMs === 0) act()
    else setTimeout(act, this.delayMs)
  }

  private pass(chunk: Buffer): void {
    const { fault } = this
    const left = fault === null || this.faulted ? Number.POSITIVE_INFINITY : fault.afterBytes - this.bytes
    this.bytes += chunk.length
    if (fault !== null && this.faulted && fault.kind !== 'corrupt') return
    if (fault === null || chunk.length < left || (chunk.length === left && fault.kind === 'corrupt')) {
      this.write(chunk)
      return
    }
    if (fault.kind === 'corrupt') {
      this.faulted = true
      this.write(flipped(chunk, left))
      return
    }
    this.write(chunk.subarray(0, left))
    this.apply(fault)
  }

  private write(chunk: Buffer): void {
    if (chunk.length === 0 || !this.to.writable) return
    this.count(chunk.length)
    this.to.write(chunk)
  }

  private apply({ kind }: RelayFault): void {
    this.faulted = true
    if (kind === 'reset') this.link.reset()
    if (kind === 'end') this.link.end()
    if (kind === 'half-close') this.to.end()
  }
}

function flipped(chunk: Buffer, index: number): Buffer {
  const copy = Buffer.from(chunk)
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}
