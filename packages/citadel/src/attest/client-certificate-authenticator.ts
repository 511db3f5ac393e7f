import { parseCertificateDer, spiffeIdOf } from '@meshwork/core/x509'

import type { Attestation, Authenticator, Credentials } from './authenticator.ts'

/** Whoever holds a valid certificate of `trustDomain` may have another one for the same identity. */
export class ClientCertificateAuthenticator implements Authenticator {
  readonly name: string = 'certificate'
  private readonly trustDomain: string

  constructor(trustDomain: string) {
    this.trustDomain = trustDomain
  }

  attest({ clientCertificate }: Credentials): Promise<Attestation> {
    return Promise.resolve(clientCertificate === undefined ? { kind: 'absent' } : this.read(clientCertificate))
  }

  private read(der: Uint8Array): Attestation {
    const certificate = parseCertificateDer(der)
    if (certificate.kind === 'err') return { kind: 'refused', reason: `certificate: ${certificate.error}` }
    const identity = spiffeIdOf(certificate.value)
    if (identity.kind === 'err') return { kind: 'refused', reason: `certificate: ${identity.error}` }
    if (identity.value.trustDomain !== this.trustDomain) {
      return { kind: 'refused', reason: `certificate: trust domain '${identity.value.trustDomain}' is not '${this.trustDomain}'` }
    }
    return { kind: 'attested', identity: identity.value, by: this.name }
  }
}
