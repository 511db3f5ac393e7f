import type { Socket } from 'node:net'

/** Sockets beyond the limit that upstreams may still use, so that clients that were let in can be served. */
const UPSTREAM_SPARE = 16

/**
 * The sockets that traffic holds, of clients and of upstreams. There is one book of them, because descriptors belong to the
 * process: when they run out, the system takes connections from its queues only to drop them, those of the admin interface too.
 */
export class OpenSockets {
  /** Together; set once, when the process starts. */
  limit: number = Infinity
  private clients = 0
  private upstreams = 0

  /** No further client is let in. */
  get full(): boolean {
    return this.clients + this.upstreams >= this.limit
  }

  /** No further connection to an upstream is begun. */
  get exhausted(): boolean {
    return this.clients + this.upstreams >= this.limit + UPSTREAM_SPARE
  }

  /** Connections of clients. */
  get clientCount(): number {
    return this.clients
  }

  clientCame(): void {
    this.clients++
  }

  clientLeft(): void {
    this.clients--
  }

  /** Counts a connection to an upstream until it is closed. */
  countUpstream(socket: Socket): void {
    this.upstreams++
    socket.once('close', this.upstreamClosed)
  }

  private readonly upstreamClosed = (): void => {
    this.upstreams--
  }
}

export const openSockets: OpenSockets = new OpenSockets()
