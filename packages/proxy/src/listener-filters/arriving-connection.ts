import type { Socket } from 'node:net'
import { plainIp } from '../net/address.ts'
import type { ClientHello } from '../net/client-hello.ts'

export interface IpDestination {
  readonly host: string
  readonly port: number
}

export type ConnectionMetadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const NO_METADATA: ConnectionMetadata = {}

/** Type and value of an extension of a PROXY protocol header (PROXY protocol 2.2, "Type-Length-Value"). */
export interface ProxyTlv {
  readonly type: number
  readonly value: Buffer
}

/** An accepted connection while listener filters find out about it. What they write decides the filter chain. */
export class ArrivingConnection {
  /** The peer of the socket, whatever a PROXY header says. Empty for pipes. */
  readonly directRemoteAddress: string
  readonly directRemotePort: number
  remoteAddress: string
  remotePort: number
  localAddress: string
  localPort: number
  /** Where the client connected to before it was redirected to us; null when it meant this listener itself. */
  originalDestination: IpDestination | null = null
  /** null: not TLS, or nobody looked. */
  hello: ClientHello | null = null
  /** The name that the client asks for, where a filter looked for it. */
  requestedServerName = ''
  /** `tls`, or empty while nothing was found out. */
  transportProtocol = ''
  applicationProtocols: readonly string[] = []
  /** Set when the chain is chosen. */
  filterChainName = ''
  /** Dynamic metadata by namespace. */
  metadata: ConnectionMetadata = NO_METADATA
  /** Extensions of the PROXY header that are passed on to upstreams. */
  proxyTlvs: readonly ProxyTlv[] = []
  /** Connections made for it come from its client's address and have this mark (0: none); null: from our own. */
  onwardMark: number | null = null
  /** Redirected connections only: reads the destination before the redirection. */
  private readonly findOriginal: () => IpDestination | null
  private consumed = 0

  constructor(socket: Socket, findOriginal: () => IpDestination | null) {
    this.directRemoteAddress = plainIp(socket.remoteAddress ?? '')
    this.remoteAddress = this.directRemoteAddress
    this.directRemotePort = socket.remotePort ?? 0
    this.remotePort = this.directRemotePort
    this.localAddress = plainIp(socket.localAddress ?? '')
    this.localPort = socket.localPort ?? 0
    this.findOriginal = findOriginal
  }

  /** The first `count` of the bytes shown are not for the filter chain. */
  consume(count: number): void {
    this.consumed += count
  }

  /** What was consumed since the last call. */
  takeConsumed(): number {
    const count = this.consumed
    this.consumed = 0
    return count
  }

  /** Makes the destination before a redirection the local address, where there is one. */
  restoreDestination(): void {
    const original = this.findOriginal()
    if (original !== null) this.goTo(original)
  }

  /** The connection counts as one to this destination. */
  goTo(destination: IpDestination): void {
    this.originalDestination = destination
    this.localAddress = destination.host
    this.localPort = destination.port
  }

  addMetadata(namespace: string, key: string, value: unknown): void {
    this.metadata = { ...this.metadata, [namespace]: { ...this.metadata[namespace], [key]: value } }
  }
}
