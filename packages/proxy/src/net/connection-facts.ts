import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ConnectionFacts } from '../filters/filter.ts'
import type { PeerCertificate } from '../tls/peer-certificate.ts'
import { peerCertificateOf } from '../tls/read-peer-certificate.ts'
import { plainIp } from './address.ts'

let lastId = 0

/** Facts of an accepted connection, read from the socket once, when first asked where that costs something. */
export class AcceptedConnection implements ConnectionFacts {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly originalDestination: { readonly host: string; readonly port: number } | null
  readonly requestedServerName: string
  readonly isTls: boolean
  readonly alpn: string
  readonly localUriSan: string
  readonly peer: PeerCertificate | null

  /** `original`: the address the client connected to before it was redirected to us. */
  constructor(
    socket: Socket,
    original: { readonly host: string; readonly port: number } | null,
    serverName: string,
    localUriSan: string = '',
  ) {
    this.id = ++lastId
    this.remoteAddress = plainIp(socket.remoteAddress ?? '')
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = original?.host ?? plainIp(socket.localAddress ?? '')
    this.localPort = original?.port ?? socket.localPort ?? 0
    this.originalDestination = original
    this.requestedServerName = serverName
    this.isTls = socket instanceof TLSSocket
    this.alpn = socket instanceof TLSSocket && typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : ''
    this.peer = socket instanceof TLSSocket ? peerCertificateOf(socket) : null
    this.localUriSan = localUriSan
  }
}
