import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ConnectionFacts, TlsSessionFacts } from '../filters/filter.ts'
import type { ArrivingConnection, ConnectionMetadata, ProxyTlv } from '../listener-filters/arriving-connection.ts'
import type { PeerCertificate } from '../tls/peer-certificate.ts'

let lastId = 0

/** What is known of the TLS of an accepted connection. */
export interface TlsFacts {
  readonly localCertificate: PeerCertificate | null
  readonly peer: PeerCertificate | null
  /** The client's certificate was checked and met every demand. */
  readonly peerValidated: boolean
}

const NO_TLS: TlsFacts = { localCertificate: null, peer: null, peerValidated: false }

/** Facts of an accepted connection. */
export class AcceptedConnection implements ConnectionFacts {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly directRemoteAddress: string
  readonly directRemotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly originalDestination: { readonly host: string; readonly port: number } | null
  readonly requestedServerName: string
  readonly isTls: boolean
  readonly alpn: string
  readonly localUriSan: string
  readonly tls: TlsSessionFacts | null
  readonly peer: PeerCertificate | null
  readonly peerValidated: boolean
  /** Replaced, never changed: who has read it keeps what it saw. */
  metadata: ConnectionMetadata
  readonly proxyTlvs: readonly ProxyTlv[]
  readonly onwardMark: number | null
  readonly filterChainName: string
  closeDetails = ''
  transportFailure = ''

  constructor(socket: Socket, arrived: ArrivingConnection, tls: TlsFacts = NO_TLS) {
    const secured = socket instanceof TLSSocket ? socket : null
    this.id = ++lastId
    this.remoteAddress = arrived.remoteAddress
    this.remotePort = arrived.remotePort
    this.directRemoteAddress = arrived.directRemoteAddress
    this.directRemotePort = arrived.directRemotePort
    this.localAddress = arrived.localAddress
    this.localPort = arrived.localPort
    this.originalDestination = arrived.originalDestination
    this.requestedServerName = arrived.requestedServerName
    this.isTls = secured !== null
    this.alpn = typeof secured?.alpnProtocol === 'string' ? secured.alpnProtocol : ''
    this.peer = tls.peer
    this.peerValidated = tls.peerValidated
    this.localUriSan = tls.localCertificate?.uriSans[0] ?? ''
    this.tls = secured === null ? null : sessionOf(secured, tls.localCertificate)
    this.metadata = arrived.metadata
    this.proxyTlvs = arrived.proxyTlvs
    this.onwardMark = arrived.onwardMark
    this.filterChainName = arrived.filterChainName
  }
}

function sessionOf(socket: TLSSocket, localCertificate: PeerCertificate | null): TlsSessionFacts {
  return { version: socket.getProtocol() ?? '', cipher: socket.getCipher().name, localCertificate }
}
