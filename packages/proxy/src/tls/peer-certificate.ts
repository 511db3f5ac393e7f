/** The verified certificate of a peer, as far as policy, logs and `x-forwarded-client-cert` need it. */
export interface PeerCertificate {
  /** Subject Alternative Names in the order of the certificate. */
  readonly uriSans: readonly string[]
  readonly dnsSans: readonly string[]
  /** RFC 2253 text. */
  readonly subject: string
  readonly issuer: string
  readonly serialNumber: string
  /** Lower-case hex without colons. */
  readonly sha256: string
  /** Milliseconds since the epoch. */
  readonly validFromMs: number
  readonly validToMs: number
  /** DER of the certificate. */
  readonly raw: Buffer
}
