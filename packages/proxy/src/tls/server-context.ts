import { randomBytes, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { CertificateSource, DownstreamTlsConfig, PeerValidation } from '../model/tls.ts'
import { matchesAnySan } from './match-san.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'
import type { CertificateMaterial, SecretProvider } from './secrets.ts'

const TICKET_KEY_BYTES = 48
const HANDSHAKE_TIMEOUT_MS = 15_000

/** Called once per accepted connection: with the secured socket, or with null after the handshake failed. */
export type Secured = (socket: TLSSocket | null, reason: string) => void

/**
 * The server side of TLS for one filter chain. Handshakes use the certificate that the provider has at that moment;
 * connections that are established keep theirs. A `tls.Server` that never listens does the work: feeding it connections
 * with the `connection` event is its documented use.
 */
export class ServerTlsContext {
  private readonly config: DownstreamTlsConfig
  private readonly secrets: SecretProvider
  private readonly alpn: readonly string[]
  private readonly waiting = new WeakMap<Socket, Secured>()
  private server: Server | null = null
  private builtFrom = ''
  private uriSan = ''

  /** `supportedAlpn`: protocols that the filter chain can speak; others in the configuration are not offered. */
  constructor(config: DownstreamTlsConfig, secrets: SecretProvider, supportedAlpn: (protocol: string) => boolean) {
    this.config = config
    this.secrets = secrets
    this.alpn = config.alpn.filter(supportedAlpn)
  }

  /** First URI name of our certificate, or empty. */
  get localUriSan(): string {
    return this.uriSan
  }

  secure(raw: Socket, done: Secured): void {
    const server = this.current()
    if (server === null) {
      done(null, 'secret is not supplied by SDS')
      return
    }
    this.waiting.set(raw, done)
    raw.once('close', () => this.settle(raw, null, 'connection closed during the handshake'))
    server.emit('connection', raw)
  }

  private current(): Server | null {
    const material = materialOf(this.config.certificate, this.secrets)
    const roots = rootsOf(this.config.validation, this.secrets)
    if (material === null || roots === null) return null
    const key = `${material.certificateChainPem}\n${material.privateKeyPem}\n${roots}`
    if (this.server !== null && key === this.builtFrom) return this.server
    this.builtFrom = key
    this.uriSan = parseSubjectAltNames(new X509Certificate(material.certificateChainPem).subjectAltName ?? '').uri[0] ?? ''
    this.server = this.build(material, roots)
    return this.server
  }

  private build(material: CertificateMaterial, roots: string): Server {
    const server = createServer({
      cert: material.certificateChainPem,
      key: material.privateKeyPem,
      ...(roots === '' ? {} : { ca: roots }),
      requestCert: this.config.validation !== null || this.config.requireClientCertificate,
      rejectUnauthorized: false,
      minVersion: this.config.minVersion,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      allowHalfOpen: true,
      // Keys of their own: no session outlives the certificate or the roots it was made under.
      ticketKeys: randomBytes(TICKET_KEY_BYTES),
      ...(this.alpn.length === 0
        ? {}
        : { ALPNCallback: (offer: { protocols: readonly string[] }) => chooseAlpn(this.alpn, offer.protocols) }),
    })
    server.on('secureConnection', socket => this.onSecured(socket))
    server.on('tlsClientError', (error, socket) => this.settle(rawOf(socket), null, error.message))
    return server
  }

  private onSecured(socket: TLSSocket): void {
    const problem = this.peerProblem(socket)
    if (problem !== null) socket.destroy()
    this.settle(rawOf(socket), problem === null ? socket : null, problem ?? '')
  }

  private peerProblem(socket: TLSSocket): string | null {
    const peer = socket.getPeerX509Certificate()
    if (peer === undefined) return this.config.requireClientCertificate ? 'no client certificate' : null
    const { validation } = this.config
    if (validation === null) return null
    if (!socket.authorized) return `client certificate refused: ${String(socket.authorizationError)}`
    return matchesAnySan(parseSubjectAltNames(peer.subjectAltName ?? ''), validation.subjectAltNames)
      ? null
      : 'no subject alternative name matches'
  }

  private settle(raw: Socket | null, socket: TLSSocket | null, reason: string): void {
    if (raw === null) return
    const done = this.waiting.get(raw)
    this.waiting.delete(raw)
    done?.(socket, reason)
  }
}

/**
 * Our first protocol that the client offers. Without a common one Envoy goes on as if none had been offered, and clients of
 * a mesh rely on it; Node would end the handshake, so the client is given its own first word, unless that is HTTP/2.
 */
function chooseAlpn(ours: readonly string[], offered: readonly string[]): string | undefined {
  return ours.find(protocol => offered.includes(protocol)) ?? offered.find(protocol => protocol !== 'h2')
}

/** `TLSSocket` keeps the socket it was made of in `_parent`; without it the connection's close settles the matter. */
function rawOf(socket: TLSSocket): Socket | null {
  const parent: unknown = Reflect.get(socket, '_parent')
  return isSocket(parent) ? parent : null
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'destroySoon' in value
}

/** null: not there yet. */
export function materialOf(source: CertificateSource, secrets: SecretProvider): CertificateMaterial | null {
  return 'name' in source ? secrets.certificate(source.name) : source
}

/** Empty: nothing to check against. null: not there yet. */
export function rootsOf(validation: PeerValidation | null, secrets: SecretProvider): string | null {
  if (validation === null) return ''
  return 'name' in validation.roots ? secrets.roots(validation.roots.name) : validation.roots.pem
}
