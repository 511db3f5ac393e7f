import { err, ok, type Result } from '@meshwork/core/result'
import { type Certificate, type CertificateContent, issueCertificate } from '@meshwork/core/x509'

import { validateIssued } from '../policy/validate-issued.ts'
import type { SigningAuthority } from './slots.ts'

export interface IssuedCertificate {
  readonly certificate: Certificate
  /** What links it to the root, without the root. */
  readonly intermediates: readonly Certificate[]
}

/** Signs `content` and compares the outcome with it: a certificate that differs never leaves this function. */
export async function signContent(content: CertificateContent, authority: SigningAuthority): Promise<Result<IssuedCertificate, string>> {
  const certificate = await issueCertificate(content, authority)
  const differences = validateIssued(certificate, content, authority.certificate)
  if (differences.length > 0) return err(`the signed certificate differs from its template: ${differences.join(', ')}`)
  return ok({ certificate, intermediates: authority.intermediates })
}
