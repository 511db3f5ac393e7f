/** A secret by the name under which SDS knows it; `default` and `ROOTCA` in a mesh. */
export interface SecretRef {
  readonly name: string
}

/** What the peer's certificate must contain. Empty `subjectAltNames` means any certificate that chains to the roots. */
export interface PeerValidation {
  readonly roots: SecretRef | { readonly pem: string }
  readonly subjectAltNames: readonly SanMatcher[]
}

export interface SanMatcher {
  readonly type: 'uri' | 'dns' | 'email' | 'ip' | 'any'
  readonly match: { readonly kind: 'exact' | 'prefix' | 'suffix'; readonly value: string }
}

export type CertificateSource = SecretRef | { readonly certificateChainPem: string; readonly privateKeyPem: string }

export interface DownstreamTlsConfig {
  readonly certificate: CertificateSource
  readonly validation: PeerValidation | null
  readonly requireClientCertificate: boolean
  readonly alpn: readonly string[]
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

export interface UpstreamTlsConfig {
  /** null: no client certificate is shown. */
  readonly certificate: CertificateSource | null
  /** null: the server's certificate is not checked. */
  readonly validation: PeerValidation | null
  readonly sni: string
  readonly alpn: readonly string[]
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}
