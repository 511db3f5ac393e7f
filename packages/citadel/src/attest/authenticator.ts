import type { SpiffeId } from '@meshwork/core/ids'

/** What a caller presents. */
export interface Credentials {
  /** The token of `authorization: Bearer <token>`. */
  readonly bearerToken: string | undefined
  /** DER of the client certificate, already verified by TLS against the mesh's roots. */
  readonly clientCertificate: Uint8Array | undefined
}

export type Attestation =
  | { readonly kind: 'attested'; readonly identity: SpiffeId; /** Which authenticator, for the audit log. */ readonly by: string }
  /** The caller presents nothing that this authenticator reads. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Turns credentials into an identity. It never sees the certificate request. */
export interface Authenticator {
  readonly name: string
  attest(credentials: Credentials): Promise<Attestation>
}

/** Asks in order; the first that attests decides. If none does, the last refusal is the answer. */
export async function attestWith(authenticators: readonly Authenticator[], credentials: Credentials): Promise<Attestation> {
  let outcome: Attestation = { kind: 'absent' }
  for (const authenticator of authenticators) {
    const attestation = await authenticator.attest(credentials)
    if (attestation.kind === 'attested') return attestation
    if (attestation.kind === 'refused') outcome = attestation
  }
  return outcome
}
