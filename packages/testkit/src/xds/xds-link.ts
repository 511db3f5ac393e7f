import type { ClientTransportEvents, OpenTransport } from '@meshwork/xds/client'
import type { ServerStream, XdsServer } from '@meshwork/xds/server'
import type { XdsRequest, XdsResponse } from '@meshwork/xds/types'

type Envelope =
  | { readonly kind: 'to-server'; readonly request: XdsRequest }
  | { readonly kind: 'to-client'; readonly response: XdsResponse }

interface Session {
  readonly server: ServerStream
  readonly client: ClientTransportEvents
  readonly toServer: XdsRequest[]
  readonly toClient: XdsResponse[]
  full: boolean
}

/**
 * Joins a client and a server in memory, one message at a time and only when asked, so that a test chooses every
 * interleaving. Each direction keeps its order, as a stream does.
 */
export class XdsLink {
  /** Everything that was delivered, in order. */
  readonly delivered: Envelope[] = []
  private readonly server: XdsServer
  private readonly capacity: number
  private session: Session | null = null

  /** The server's writes are refused, as a slow client's, while `capacity` or more responses wait. */
  constructor(server: XdsServer, capacity: number = Number.POSITIVE_INFINITY) {
    this.server = server
    this.capacity = capacity
  }

  readonly open: OpenTransport = (_variant, events) => {
    const server = this.server.open({
      send: response => {
        session.toClient.push(response)
        session.full = session.toClient.length >= this.capacity
        return !session.full
      },
      end: () => this.cut('ended by the server'),
    })
    const session: Session = { server, client: events, toServer: [], toClient: [], full: false }
    this.session = session
    return {
      send: request => void session.toServer.push(request),
      close: () => {
        if (this.session === session) this.session = null
        server.closed()
      },
    }
  }

  get waiting(): { readonly toServer: number; readonly toClient: number } {
    return { toServer: this.session?.toServer.length ?? 0, toClient: this.session?.toClient.length ?? 0 }
  }

  /** Responses on their way, oldest first. */
  get responses(): readonly XdsResponse[] {
    return this.session?.toClient ?? []
  }

  /** False if nothing was on its way. */
  async deliverToServer(): Promise<boolean> {
    const request = this.session?.toServer.shift()
    if (request === undefined) return false
    this.delivered.push({ kind: 'to-server', request })
    this.session?.server.received(request)
    await turn()
    return true
  }

  /** False if nothing was on its way. */
  async deliverToClient(): Promise<boolean> {
    const { session } = this
    const response = session?.toClient.shift()
    if (session === null || response === undefined) return false
    this.delivered.push({ kind: 'to-client', response })
    session.client.received(response)
    if (session.full && session.toClient.length < this.capacity) {
      session.full = false
      session.server.drained()
    }
    await turn()
    return true
  }

  /** Delivers until nothing is left in either direction. */
  async settle(): Promise<void> {
    await turn()
    while ((await this.deliverToServer()) || (await this.deliverToClient()));
  }

  /** Breaks the stream: what was on its way is lost. */
  cut(reason: string = 'cut'): void {
    const { session } = this
    this.session = null
    session?.server.closed()
    session?.client.closed(reason)
  }
}

/** Lets microtasks run: both ends gather what belongs together in them. */
async function turn(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}
