import { isIP } from 'node:net'
import { type ConnectionOptions, createSecureContext, type PeerCertificate as NodeCertificate, type SecureContext } from 'node:tls'
import type { UpstreamTlsConfig } from '../model/tls.ts'
import { matchesAnySan } from './match-san.ts'
import type { SecretProvider } from './secrets.ts'
import { materialOf, rootsOf } from './server-context.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'

/** The client side of TLS for one cluster (or one of its transport sockets). */
export class ClientTlsContext {
  private readonly config: UpstreamTlsConfig
  private readonly secrets: SecretProvider
  private readonly alpn: readonly string[]
  private context: SecureContext | null = null
  private builtFrom = ''

  constructor(config: UpstreamTlsConfig, secrets: SecretProvider, supportedAlpn: (protocol: string) => boolean) {
    this.config = config
    this.secrets = secrets
    this.alpn = config.alpn.filter(supportedAlpn)
  }

  /** Options for `tls.connect`, with today's certificate; null while a secret is missing. No host name is checked: names are. */
  options(): ConnectionOptions | null {
    const secureContext = this.current()
    if (secureContext === null) return null
    const { sni, validation } = this.config
    return {
      secureContext,
      ...(sni === '' || isIP(sni) !== 0 ? {} : { servername: sni }),
      ...(this.alpn.length === 0 ? {} : { ALPNProtocols: [...this.alpn] }),
      rejectUnauthorized: validation !== null,
      checkServerIdentity: (_host, certificate) => this.checkNames(certificate),
    }
  }

  private current(): SecureContext | null {
    const { certificate, validation, minVersion } = this.config
    const material = certificate === null ? null : materialOf(certificate, this.secrets)
    const roots = rootsOf(validation, this.secrets)
    if ((certificate !== null && material === null) || roots === null) return null
    const key = `${material?.certificateChainPem ?? ''}\n${material?.privateKeyPem ?? ''}\n${roots}`
    if (this.context !== null && key === this.builtFrom) return this.context
    this.builtFrom = key
    this.context = createSecureContext({
      minVersion,
      ...(material === null ? {} : { cert: material.certificateChainPem, key: material.privateKeyPem }),
      ...(roots === '' ? {} : { ca: roots }),
    })
    return this.context
  }

  private checkNames(certificate: NodeCertificate): Error | undefined {
    const matchers = this.config.validation?.subjectAltNames ?? []
    if (matchesAnySan(parseSubjectAltNames(certificate.subjectaltname ?? ''), matchers)) return undefined
    return new Error('verify SAN list')
  }
}
