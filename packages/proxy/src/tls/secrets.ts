/** A certificate with its key, as PEM texts. */
export interface CertificateMaterial {
  /** Leaf first, then intermediates. */
  readonly certificateChainPem: string
  readonly privateKeyPem: string
  /** An OCSP response about the leaf, DER. */
  readonly ocspStaple?: Uint8Array
}

/**
 * Secrets by SDS name (`default`, `ROOTCA`). null means: not there yet; connections that need it fail until it comes.
 * After a failed renewal the provider goes on returning the last good one.
 */
export interface SecretProvider {
  certificate(name: string): CertificateMaterial | null
  /** Trusted roots as concatenated PEM. */
  roots(name: string): string | null
  /** Calls `changed` after any secret changed. Returns the function that ends this. */
  onChange(changed: () => void): () => void
}

/** For data planes whose configuration names no secrets. */
export const noSecrets: SecretProvider = {
  certificate: () => null,
  roots: () => null,
  onChange: () => () => undefined,
}
