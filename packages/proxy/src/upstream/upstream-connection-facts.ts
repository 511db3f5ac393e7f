import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { PeerCertificate } from '../tls/peer-certificate.ts'
import { readCertificate } from '../tls/read-peer-certificate.ts'

let lastId = 0

/** An established connection to an upstream, for logs and metrics. */
export class UpstreamConnectionFacts {
  /** Counts up from 1 in each process. */
  readonly id: number = ++lastId
  /** `HTTP/1.1` or `HTTP/2`; empty for bytes. */
  readonly protocol: string
  /** null without TLS. */
  readonly tls: UpstreamTls | null

  constructor(socket: Socket | undefined, protocol: string) {
    this.protocol = protocol
    this.tls = socket instanceof TLSSocket ? new UpstreamTls(socket) : null
  }
}

/** What a handshake with an upstream has agreed on. Certificates are read when somebody asks: most connections are never asked. */
export class UpstreamTls {
  /** `TLSv1.3` */
  readonly version: string
  /** OpenSSL's name. */
  readonly cipher: string
  /** Name that was asked for by SNI, or empty. */
  readonly serverName: string
  // The socket forgets its certificates when it closes, which is before logs are written.
  private readonly peerX509: X509Certificate | undefined
  private readonly localX509: X509Certificate | undefined
  private peerRead: PeerCertificate | null | undefined
  private localRead: PeerCertificate | null | undefined

  constructor(socket: TLSSocket) {
    this.version = socket.getProtocol() ?? ''
    this.cipher = socket.getCipher().name
    this.serverName = typeof socket.servername === 'string' ? socket.servername : ''
    this.peerX509 = socket.getPeerX509Certificate()
    this.localX509 = socket.getX509Certificate()
  }

  /** The certificate that the upstream has shown. */
  get peer(): PeerCertificate | null {
    this.peerRead ??= this.peerX509 === undefined ? null : readCertificate(this.peerX509)
    return this.peerRead
  }

  /** First URI name of the upstream's certificate, or empty. */
  get peerUri(): string {
    return this.peer?.uriSans[0] ?? ''
  }

  /** First URI name of ours, or empty. */
  get localUri(): string {
    return this.local?.uriSans[0] ?? ''
  }

  /** The certificate that this proxy has shown; null for none. */
  get local(): PeerCertificate | null {
    this.localRead ??= this.localX509 === undefined ? null : readCertificate(this.localX509)
    return this.localRead
  }
}
