import { isIP } from 'node:net'
import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { type ConnectionOptions, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { UpstreamTlsConfig } from '../model/tls.ts'
import { type BuiltFrom, materialOf, paramOptions, rootsOf, sameTexts, textsOf, trustOptions } from './context-options.ts'
import { type PeerProblem, PeerVerifier, missingName } from './peer-verifier.ts'
import { compileSanMatchers } from './match-san.ts'
import type { SecretProvider } from './secrets.ts'
import type { TlsStats } from './tls-stats.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'

/** Names that hold for one connection, beside those of the cluster (`auto_sni`, `auto_san_validation`). Empty: none. */
export interface ConnectionNames {
  /** In place of the configured server name. */
  readonly serverName: string
  /** A name that the server's certificate must have. */
  readonly requiredName: string
}

export const NO_NAMES: ConnectionNames = { serverName: '', requiredName: '' }

/** What is going to be spoken on a connection: it decides which ALPN names are offered. `either`, `tunnel`: what the server chooses. */
export type Speaks = 'opaque' | 'http1' | 'http2' | 'either' | 'tunnel'

/** The client side of TLS for one cluster (or one of its transport sockets). */
export class ClientTlsContext {
  readonly stats: TlsStats
  private readonly config: UpstreamTlsConfig
  private readonly secrets: SecretProvider
  private readonly offers: Readonly<Record<Speaks, readonly string[]>>
  private context: SecureContext | null = null
  private verifier: PeerVerifier | null = null
  private builtFrom: readonly BuiltFrom[] = []

  constructor(config: UpstreamTlsConfig, secrets: SecretProvider, stats: TlsStats) {
    this.stats = stats
    this.config = config
    this.secrets = secrets
    this.offers = offersOf(config.alpn)
  }

  /** HTTP/1.1 may be carried in HTTP/2 frames where the server is a proxy of ours. */
  get tunnels(): boolean {
    return this.config.alpn.includes(TUNNEL_PROTOCOL)
  }

  /** Options for `tls.connect`, with today's certificate; null while a secret is missing. `problem` judges the server. */
  options(names: ConnectionNames = NO_NAMES, speaks: Speaks = 'opaque'): ConnectionOptions | null {
    const secureContext = this.current()
    if (secureContext === null) return null
    const sni = names.serverName || this.config.sni
    const alpn = this.offers[speaks]
    return {
      secureContext,
      ...(sni === '' || isIP(sni) !== 0 ? {} : { servername: sni }),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    }
  }

  /** What is wrong with the server of a connection whose handshake has ended; null: nothing. */
  problem(socket: TLSSocket, names: ConnectionNames = NO_NAMES): PeerProblem | null {
    if (this.verifier === null || this.config.validation === null) return null
    const problem = this.verifier.problem(socket, socket.getPeerX509Certificate()) ?? requiredNameProblem(socket, names.requiredName)
    return this.config.validation.acceptUntrusted ? null : problem
  }

  private current(): SecureContext | null {
    const { certificate, validation, params } = this.config
    const material = certificate === null ? null : materialOf(certificate, this.secrets)
    const roots = rootsOf(validation, this.secrets)
    if ((certificate !== null && material === null) || roots === null) return null
    const texts = textsOf(material === null ? [] : [material], roots)
    if (sameTexts(texts, this.builtFrom)) return this.context
    this.builtFrom = texts
    try {
      this.context = createSecureContext({
        ...paramOptions(params),
        ...trustOptions(validation, roots),
        ...(material === null ? {} : { cert: material.certificateChainPem, key: material.privateKeyPem }),
      })
      this.verifier = validation === null ? null : new PeerVerifier(validation, roots)
    } catch {
      // A certificate that cannot be used leaves the last good one in place.
    }
    return this.context
  }
}

/** What is configured, less what would not be spoken; without it what the protocol is called (as Envoy's fallback). */
function offersOf(configured: readonly string[]): Readonly<Record<Speaks, readonly string[]>> {
  const plain = configured.filter(name => name !== TUNNEL_PROTOCOL)
  return {
    opaque: plain,
    http1: plain.length === 0 ? ['http/1.1'] : plain.filter(name => name !== 'h2'),
    http2: plain.includes('h2') ? plain : ['h2'],
    either: plain.length === 0 ? ['h2', 'http/1.1'] : plain,
    tunnel: configured.filter(name => name !== 'h2'),
  }
}

function requiredNameProblem(socket: TLSSocket, name: string): PeerProblem | null {
  if (name === '') return null
  const names = parseSubjectAltNames(socket.getPeerX509Certificate()?.subjectAltName ?? '')
  const type = isIP(name) === 0 ? 'dns' : 'ip'
  const meets = compileSanMatchers([{ type, match: { kind: 'exact', value: name, ignoreCase: false } }])
  return meets(names) ? null : missingName(name, names)
}
