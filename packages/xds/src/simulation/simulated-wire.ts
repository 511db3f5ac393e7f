import type { ClientTransportEvents, OpenTransport } from '../client/transport.ts'
import type { XdsServer } from '../server/server.ts'
import type { ServerStream } from '../server/transport.ts'
import type { XdsRequest, XdsResponse } from '../types/messages.ts'
import type { Random } from './random.ts'

interface Stream {
  readonly server: ServerStream
  readonly client: ClientTransportEvents
  readonly toServer: XdsRequest[]
  readonly toClient: XdsResponse[]
  /** Nonces of this stream that the server gave out, by type. */
  readonly nonces: Map<string, Set<string>>
  full: boolean
  over: boolean
}

/** More responses than this wait for a slow client, and the server is told that there is no room. */
const ROOM = 2

/**
 * The network between one client and one server, in memory. Each direction of a stream keeps its order; which direction moves
 * next, and when the stream breaks, is up to the schedule. What is wrong on the wire itself is noted in `broken`.
 */
export class SimulatedWire {
  readonly broken: string[] = []
  private server: XdsServer | null
  private stream: Stream | null = null

  constructor(server: XdsServer) {
    this.server = server
  }

  readonly open: OpenTransport = (_variant, events) => {
    const refused = this.server === null
    const stream: Stream = {
      server: this.server === null ? NOBODY : this.server.open({ send: response => this.sent(stream, response), end: () => this.cut() }),
      client: events,
      toServer: [],
      toClient: [],
      nonces: new Map(),
      full: false,
      over: false,
    }
    this.stream = stream
    if (refused) queueMicrotask(() => this.cut())
    return {
      send: request => {
        if (!stream.over) stream.toServer.push(request)
      },
      close: () => {
        stream.over = true
        if (this.stream === stream) this.stream = null
        stream.server.closed()
      },
    }
  }

  /** Moves one message, or does nothing if none is on its way. False: nothing was. */
  move(random: Random): boolean {
    const { stream } = this
    if (stream === null) return false
    const toServer = stream.toServer.length > 0 && (stream.toClient.length === 0 || random.chance(50))
    return toServer ? this.moveToServer(stream) : this.moveToClient(stream)
  }

  /** Breaks the stream: what was on its way is lost. */
  cut(): void {
    const { stream } = this
    if (stream === null) return
    this.stream = null
    stream.over = true
    stream.server.closed()
    stream.client.closed('cut')
  }

  /** The server dies and another one comes; null: none for now. */
  restart(server: XdsServer | null): void {
    this.server = server
    this.cut()
  }

  private sent(stream: Stream, response: XdsResponse): boolean {
    const known = stream.nonces.get(response.typeUrl) ?? new Set()
    if (response.nonce === '' || known.has(response.nonce)) this.broken.push(`nonce '${response.nonce}' is empty or was there before`)
    stream.nonces.set(response.typeUrl, known.add(response.nonce))
    if (stream.full) this.broken.push('the server sends although there is no room')
    stream.toClient.push(response)
    stream.full = stream.toClient.length >= ROOM
    return !stream.full
  }

  private moveToServer(stream: Stream): boolean {
    const request = stream.toServer.shift()
    if (request === undefined) return false
    const { responseNonce, typeUrl } = request
    if (responseNonce !== '' && stream.nonces.get(typeUrl)?.has(responseNonce) !== true) {
      this.broken.push(`the client answers nonce '${responseNonce}' of ${typeUrl}, which this stream never had`)
    }
    stream.server.received(request)
    return true
  }

  private moveToClient(stream: Stream): boolean {
    const response = stream.toClient.shift()
    if (response === undefined) return false
    stream.client.received(response)
    if (stream.full && stream.toClient.length < ROOM && !stream.over) {
      stream.full = false
      stream.server.drained()
    }
    return true
  }
}

const NOBODY: ServerStream = { received: () => undefined, drained: () => undefined, closed: () => undefined }
