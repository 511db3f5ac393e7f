import type { Client } from '@grpc/grpc-js'

/** One that was addressed to a pod which has just gone is never answered, and the kernel would repeat itself for minutes. */
const CONNECT_LIMIT_MS = 10_000

export interface ConnectLimit {
  /** A connection that is not there after so many milliseconds is tried anew. Default: 10,000, Istio's `connectTimeout`. */
  readonly connectLimitMs?: number
}

/** Where streams have their client from. */
export interface Clients<C extends Client> {
  readonly connectLimitMs: number
  take(): C
  /** The client has not been connected within the limit. */
  hangs(client: C): void
}

/** One client for all streams, until its connection hangs: then the next stream has a new one. */
export class RenewedClient<C extends Client> implements Clients<C> {
  readonly connectLimitMs: number
  private readonly make: () => C
  private current: C | null = null

  constructor(make: () => C, { connectLimitMs = CONNECT_LIMIT_MS }: ConnectLimit) {
    this.make = make
    this.connectLimitMs = connectLimitMs
  }

  take(): C {
    this.current ??= this.make()
    return this.current
  }

  hangs(client: C): void {
    if (this.current === client) this.close()
  }

  close(): void {
    this.current?.close()
    this.current = null
  }
}

/** One of several clients that share a connection: a new one would wait for the same again. */
export class SharedClient<C extends Client> implements Clients<C> {
  readonly connectLimitMs: number
  private readonly client: C

  constructor(client: C, { connectLimitMs = CONNECT_LIMIT_MS }: ConnectLimit) {
    this.client = client
    this.connectLimitMs = connectLimitMs
  }

  take(): C {
    return this.client
  }

  hangs(): void {
    // The kernel gives up in the end.
  }
}
