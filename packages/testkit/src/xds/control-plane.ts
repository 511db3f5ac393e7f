import { Server, ServerCredentials } from '@grpc/grpc-js'
import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { type Clock, systemClock } from '@meshwork/core/time'
import { SnapshotCache } from '@meshwork/xds/cache'
import { serveAds, serveSds } from '@meshwork/xds/grpc'
import { XdsServer } from '@meshwork/xds/server'
import type { XdsNode, XdsResource } from '@meshwork/xds/types'

/** What a client answered. */
export interface Answer {
  readonly node: XdsNode
  readonly typeUrl: string
  readonly version: string
  /** null: accepted. */
  readonly error: string | null
}

const VIEW = 'all'

/** A control plane over real gRPC on loopback, whose resources the test sets. All clients see the same. */
export class TestControlPlane {
  readonly answers: Answer[] = []
  cache: SnapshotCache = new SnapshotCache()
  private readonly clock: Clock
  private server: Server | null = null
  private xds: XdsServer | null = null
  private boundPort = 0

  constructor(clock: Clock = systemClock) {
    this.clock = clock
  }

  get address(): string {
    return `127.0.0.1:${this.boundPort}`
  }

  get clients(): XdsServer['clients'] {
    const { xds } = this
    return xds === null ? noClients : () => xds.clients()
  }

  /** Listens on the port of the last `start`, or on any at the first; in plain text unless told otherwise. */
  async start(credentials: ServerCredentials = ServerCredentials.createInsecure()): Promise<void> {
    this.xds = new XdsServer({ cache: this.cache, clock: this.clock, log: silentLogger, hooks: this.hooks() })
    const server = new Server()
    serveAds(server, this.xds)
    serveSds(server, this.xds)
    this.boundPort = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.boundPort}`, credentials, (error, port) => (error === null ? resolve(port) : reject(error))),
    )
    this.server = server
  }

  /** Replaces the types named; others stay. */
  set(types: ReadonlyMap<string, readonly XdsResource[]>): void {
    this.cache.update(VIEW, types)
  }

  /** Dies without a word, as a killed process: connections are reset. The cache is kept for the next `start`. */
  stop(): void {
    this.server?.forceShutdown()
    this.server = null
    this.xds = null
  }

  private hooks(): ConstructorParameters<typeof XdsServer>[0]['hooks'] {
    return {
      connected: () => ok(VIEW),
      disconnected: () => undefined,
      acked: (node, typeUrl, version) => void this.answers.push({ node, typeUrl, version, error: null }),
      nacked: (node, typeUrl, version, error) => void this.answers.push({ node, typeUrl, version, error }),
    }
  }
}

function* noClients(): ReturnType<XdsServer['clients']> {
  // Not started: nobody can be connected.
}
