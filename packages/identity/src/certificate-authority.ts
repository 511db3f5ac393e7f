import type { Result } from '@meshwork/core/result'

import type { IdentityFailure } from './identity-state.ts'

/** What an authority answers: everything in PEM, no key. */
export interface SignedCertificate {
  /** Leaf first. */
  readonly chainPem: string
  readonly rootsPem: string
}

/** Signs requests of this workload. The adapters know how to reach it and what to show. */
export interface CertificateAuthority {
  /** Gives up when `signal` aborts; the outcome is then of no interest. */
  sign(csrPem: string, signal: AbortSignal): Promise<Result<SignedCertificate, IdentityFailure>>
}
