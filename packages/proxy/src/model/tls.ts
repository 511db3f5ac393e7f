import type { StringMatch } from './match.ts'

/** A secret by the name under which SDS knows it; `default` and `ROOTCA` in a mesh. */
export interface SecretRef {
  readonly name: string
}

/** What the peer's certificate must be like. Every demand that is made must be met. */
export interface PeerValidation {
  /** What it must chain to; null: nothing, then `certificateHashes` or `publicKeyHashes` say which ones are welcome. */
  readonly roots: SecretRef | { readonly pem: string } | null
  /** One of them must match one of its names. Empty: any name. */
  readonly subjectAltNames: readonly SanMatcher[]
  /** SHA-256 of the certificate, lower-case hex. */
  readonly certificateHashes: readonly string[]
  /** SHA-256 of the Subject Public Key Information, base64. */
  readonly publicKeyHashes: readonly string[]
  /** Revocation lists as PEM, or empty. */
  readonly crlPem: string
  readonly allowExpired: boolean
  /** Certificates that do not meet the demands are let in, and counted as not validated. */
  readonly acceptUntrusted: boolean
  /** Intermediates between the certificate and a root. null: no limit of ours. */
  readonly maxDepth: number | null
}

export interface SanMatcher {
  readonly type: 'uri' | 'dns' | 'email' | 'ip' | 'any'
  readonly match: StringMatch
}

export type CertificateSource = SecretRef | InlineCertificate

export interface InlineCertificate {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
  /** An OCSP response about the certificate, DER. */
  readonly ocspStaple?: Uint8Array
}

/** How clients that ask for a staple are served where a certificate has none that holds: without, or not at all. */
export type StaplePolicy = 'lenient' | 'strict' | 'must'

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** Versions and algorithms, in OpenSSL's words; empty lists are the defaults of this data plane. */
export interface TlsParams {
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  /** Suites of TLS 1.2. */
  readonly ciphers: readonly string[]
  readonly curves: readonly string[]
  readonly signatureAlgorithms: readonly string[]
}

export interface DownstreamTlsConfig {
  /** At least one. The client's server name and abilities decide among several. */
  readonly certificates: readonly CertificateSource[]
  readonly validation: PeerValidation | null
  readonly requireClientCertificate: boolean
  /** Clients that send no server name are refused. */
  readonly requireServerName: boolean
  readonly staplePolicy: StaplePolicy
  /** For a server name that no certificate has, all certificates are looked at, not only the first. */
  readonly fullScanOnMismatch: boolean
  readonly alpn: readonly string[]
  readonly params: TlsParams
  /** `own`: keys of this process. Keys from the configuration are secrets of any length; the first one encrypts. */
  readonly tickets: { readonly kind: 'own' } | { readonly kind: 'none' } | { readonly kind: 'keys'; readonly first: Uint8Array }
  /** Life of a session that can be resumed. 0: OpenSSL's default. */
  readonly sessionTimeoutMs: number
}

export interface UpstreamTlsConfig {
  /** null: no client certificate is shown. */
  readonly certificate: CertificateSource | null
  /** null: the server's certificate is not checked. */
  readonly validation: PeerValidation | null
  readonly sni: string
  readonly alpn: readonly string[]
  readonly params: TlsParams
}

/** `envoy.config.core.v3.ProxyProtocolConfig`: upstreams are told the addresses of clients. */
export interface ProxyHeaderConfig {
  readonly version: 1 | 2
  /** Which extensions (types of TLV) of the client's own header are handed on. */
  readonly passesOn: (type: number) => boolean
}
