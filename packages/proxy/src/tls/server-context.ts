import { constants, createHash, randomBytes, type X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, createServer, type SecureContext, type Server, type TlsOptions, type TLSSocket } from 'node:tls'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import type { DownstreamTlsConfig } from '../model/tls.ts'
import type { ClientHello } from '../net/client-hello.ts'
import { certificatesFor, readServerCertificate, type ServerCertificate } from './certificate-choice.ts'
import { type BuiltFrom, materialOf, paramOptions, rootsOf, sameTexts, textsOf, trustOptions } from './context-options.ts'
import { tlsErrorText, tlsFailure } from './failure-text.ts'
import { knownPeers } from './known-peers.ts'
import { noCertificate, type PeerProblem, PeerVerifier } from './peer-verifier.ts'
import type { PeerCertificate } from './peer-certificate.ts'
import type { CertificateMaterial, SecretProvider } from './secrets.ts'
import type { StapleAnswer } from './staple-policy.ts'
import { StapleServers } from './staple-servers.ts'

const TICKET_KEY_BYTES = 48
const HANDSHAKE_TIMEOUT_MS = 15_000
/** Contexts for server names that are kept; clients choose the names. */
const MAX_CONTEXTS = 1000

/** How a handshake ended. */
export type SecuredOutcome =
  | {
      readonly kind: 'secured'
      readonly socket: TLSSocket
      readonly localCertificate: PeerCertificate | null
      /** The certificate that the peer has proved to own; null: it showed none. */
      readonly peer: PeerCertificate | null
      readonly peerValidated: boolean
    }
  /** `problem`: the peer was refused; null: the handshake itself failed. */
  | { readonly kind: 'failed'; readonly problem: PeerProblem | null; readonly reason: string }

export type Secured = (outcome: SecuredOutcome) => void
/** Told at the start of a handshake with a client that asks for an OCSP staple. */
export type Stapled = (answer: StapleAnswer) => void

/** `handshake_failure` (RFC 8446 6), for clients that no certificate may be shown to. */
const HANDSHAKE_FAILURE_ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 40])

/** All that handshakes need, for one state of the secrets. */
interface Identity {
  readonly builtFrom: readonly BuiltFrom[]
  readonly certificates: readonly ServerCertificate[]
  readonly verifier: PeerVerifier | null
  readonly withAlpn: Server
  readonly withoutAlpn: Server
  readonly stapling: { readonly withAlpn: StapleServers; readonly withoutAlpn: StapleServers } | null
}

/**
 * The server side of TLS for one filter chain. Handshakes use the certificates that the provider has at that moment;
 * connections that are established keep theirs. A `tls.Server` that never listens does the work: feeding it connections
 * with the `connection` event is its documented use.
 */
export class ServerTlsContext {
  private readonly config: DownstreamTlsConfig
  private readonly secrets: SecretProvider
  private readonly clock: Clock
  private readonly alpn: readonly string[]
  private readonly waiting = new WeakMap<Socket, Secured>()
  private identity: Identity | null = null
  private problem = 'secret is not supplied by SDS'

  /** `supportedAlpn`: protocols that the filter chain can speak; others in the configuration are not offered. */
  constructor(config: DownstreamTlsConfig, secrets: SecretProvider, clock: Clock, supportedAlpn: (protocol: string) => boolean) {
    this.config = config
    this.secrets = secrets
    this.clock = clock
    this.alpn = config.alpn.filter(supportedAlpn)
  }

  /** Whether `secure` should be told the ClientHello. */
  get wantsHello(): boolean {
    return this.alpn.length > 0 || (this.current()?.stapling ?? null) !== null
  }

  /** Calls `done` once. `hello`: null when nobody has read it. */
  secure(raw: Socket, hello: ClientHello | null, done: Secured, stapled: Stapled = ignore): void {
    const identity = this.current()
    if (identity === null) {
      done({ kind: 'failed', problem: null, reason: this.problem })
      return
    }
    this.waiting.set(raw, done)
    raw.once('close', () => this.fail(raw, 'connection closed during the handshake'))
    // Without a protocol in common Envoy goes on as if none had been offered; OpenSSL would end the handshake.
    const common = hello === null || hello.alpn.some(protocol => this.alpn.includes(protocol))
    const server = hello?.wantsStaple === true ? this.stapleServer(identity, hello, common, stapled) : plainServer(identity, common)
    if (server !== null) {
      server.emit('connection', raw)
      return
    }
    raw.write(HANDSHAKE_FAILURE_ALERT)
    this.fail(raw, tlsFailure('HANDSHAKE_FAILURE_ON_CLIENT_HELLO', 'no certificate has an OCSP response that holds'))
  }

  /** null: no certificate may be shown to this client. */
  private stapleServer(identity: Identity, hello: ClientHello, common: boolean, stapled: Stapled): Server | null {
    const { certificates, stapling } = identity
    if (stapling === null) {
      stapled('omit')
      return plainServer(identity, common)
    }
    const candidates = certificatesFor(certificates, hello.serverName, this.config.fullScanOnMismatch)
    const choice = (common ? stapling.withAlpn : stapling.withoutAlpn).choose(candidates, hello)
    stapled(choice.answer)
    return choice.server
  }

  private current(): Identity | null {
    const materials = this.config.certificates.map(source => materialOf(source, this.secrets))
    const roots = rootsOf(this.config.validation, this.secrets)
    const present = materials.filter(material => material !== null)
    if (present.length < materials.length || roots === null) return null
    const builtFrom = textsOf(present, roots)
    if (this.identity !== null && sameTexts(this.identity.builtFrom, builtFrom)) return this.identity
    try {
      this.identity = this.build(present, roots, builtFrom)
    } catch (error) {
      // A certificate that cannot be used leaves the last good one in place.
      this.problem = messageOf(error)
    }
    return this.identity
  }

  private build(materials: readonly CertificateMaterial[], roots: string, builtFrom: readonly BuiltFrom[]): Identity {
    const { validation, staplePolicy } = this.config
    const certificates = materials.map(material => readServerCertificate(material, staplePolicy))
    const ticketKeys = this.ticketKeys()
    const serverOf = (shown: readonly ServerCertificate[], offered: TlsOptions): Server =>
      this.listenTo(createServer({ ...this.options(shown, roots), ticketKeys, ...offered }))
    const offered = this.alpn.length === 0 ? {} : { ALPNCallback: this.chooseProtocol }
    return {
      builtFrom,
      certificates,
      verifier: validation === null ? null : new PeerVerifier(validation, roots),
      withAlpn: serverOf(certificates, offered),
      withoutAlpn: serverOf(certificates, {}),
      stapling: certificates.every(staplesNothing)
        ? null
        : {
            withAlpn: new StapleServers(staplePolicy, this.clock, certificate => serverOf([certificate], offered)),
            withoutAlpn: new StapleServers(staplePolicy, this.clock, certificate => serverOf([certificate], {})),
          },
    }
  }

  private readonly chooseProtocol = ({ protocols }: { protocols: readonly string[] }): string | undefined =>
    this.alpn.find(ours => protocols.includes(ours))

  private options(certificates: readonly ServerCertificate[], roots: string): TlsOptions {
    const { params, validation, requireClientCertificate, tickets, sessionTimeoutMs } = this.config
    const shared = { ...paramOptions(params), ...trustOptions(validation, roots) }
    return {
      ...shared,
      ...keyOptions(certificatesFor(certificates, '', this.config.fullScanOnMismatch)),
      ...(certificates.length === 1 ? {} : { SNICallback: this.chooser(certificates, shared) }),
      requestCert: validation !== null || requireClientCertificate,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      allowHalfOpen: true,
      ...(tickets.kind === 'none' ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
      ...(sessionTimeoutMs === 0 ? {} : { sessionTimeout: Math.ceil(sessionTimeoutMs / 1000) }),
    }
  }

  /** Our own keys unless told: then no session outlives the certificate or the roots it was made under. */
  private ticketKeys(): Buffer {
    const { tickets } = this.config
    return tickets.kind === 'keys' ? createHash('sha384').update(tickets.first).digest() : randomBytes(TICKET_KEY_BYTES)
  }

  private chooser(certificates: readonly ServerCertificate[], shared: TlsOptions): NonNullable<TlsOptions['SNICallback']> {
    const contexts = new Map<string, SecureContext>()
    return (serverName, done) => {
      const chosen = certificatesFor(certificates, serverName, this.config.fullScanOnMismatch)
      const key = chosen.map(certificate => certificates.indexOf(certificate)).join()
      const context = contexts.get(key) ?? createSecureContext({ ...shared, ...keyOptions(chosen) })
      if (contexts.size < MAX_CONTEXTS) contexts.set(key, context)
      done(null, context)
    }
  }

  private listenTo(server: Server): Server {
    server.on('secureConnection', socket => this.onSecured(socket))
    server.on('tlsClientError', (error, socket) => this.fail(rawOf(socket), tlsErrorText(error)))
    return server
  }

  private onSecured(socket: TLSSocket): void {
    const raw = rawOf(socket)
    const { validation } = this.config
    const shown = socket.getPeerX509Certificate()
    const problem = this.peerProblem(socket, shown)
    if (problem !== null && (problem.kind === 'no-certificate' || validation?.acceptUntrusted !== true)) {
      socket.destroy()
      this.settle(raw, { kind: 'failed', problem, reason: problem.text })
      return
    }
    if (this.config.requireServerName && typeof socket.servername !== 'string') {
      socket.destroy()
      this.fail(raw, tlsFailure('UNRECOGNIZED_NAME'))
      return
    }
    const peerValidated = problem === null && validation !== null && shown !== undefined
    const peer = shown === undefined ? null : knownPeers.of(shown).certificate
    this.settle(raw, { kind: 'secured', socket, localCertificate: this.shownTo(socket), peer, peerValidated })
  }

  /** The certificate that the client has seen. */
  private shownTo(socket: TLSSocket): PeerCertificate | null {
    const certificates = this.identity?.certificates ?? []
    if (certificates.length === 1) return certificates[0]?.leaf ?? null
    const shown = socket.getX509Certificate()
    return certificates.find(({ leaf }) => shown !== undefined && leaf.raw.equals(shown.raw))?.leaf ?? null
  }

  private peerProblem(socket: TLSSocket, shown: X509Certificate | undefined): PeerProblem | null {
    if (shown === undefined) return this.needsCertificate() ? noCertificate() : null
    return this.identity?.verifier?.problem(socket, shown) ?? null
  }

  /** Names and hashes can only be met by a certificate, so asking for them asks for one. */
  private needsCertificate(): boolean {
    const { validation, requireClientCertificate } = this.config
    if (requireClientCertificate || validation === null) return requireClientCertificate
    const { acceptUntrusted, subjectAltNames, certificateHashes, publicKeyHashes } = validation
    return !acceptUntrusted && subjectAltNames.length + certificateHashes.length + publicKeyHashes.length > 0
  }

  private fail(raw: Socket | null, reason: string): void {
    this.settle(raw, { kind: 'failed', problem: null, reason })
  }

  private settle(raw: Socket | null, outcome: SecuredOutcome): void {
    if (raw === null) return
    const done = this.waiting.get(raw)
    this.waiting.delete(raw)
    done?.(outcome)
  }
}

function ignore(): void {}

function plainServer({ withAlpn, withoutAlpn }: Identity, common: boolean): Server {
  return common ? withAlpn : withoutAlpn
}

/** Policies that demand a staple were met when the certificate was read. */
function staplesNothing({ stapling }: ServerCertificate): boolean {
  return stapling.response === null
}

function keyOptions(certificates: readonly ServerCertificate[]): TlsOptions {
  return {
    cert: certificates.map(({ material }) => material.certificateChainPem),
    key: certificates.map(({ material }) => material.privateKeyPem),
  }
}

/** `TLSSocket` keeps the socket it was made of in `_parent`; without it the connection's close settles the matter. */
function rawOf(socket: TLSSocket): Socket | null {
  const parent: unknown = Reflect.get(socket, '_parent')
  return isSocket(parent) ? parent : null
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'destroySoon' in value
}
