import { X509Certificate } from 'node:crypto'
import type { DataSource } from '@meshwork/protos/envoy/config/core/v3/base'
import type { InlineCertificate, StaplePolicy } from '../model/tls.ts'
import { readStapling } from '../tls/staple-policy.ts'
import { inlineBytes } from './data-source.ts'
import type { Report } from './report.ts'

/** A staple that stands in the configuration itself. It is DER, so it cannot be a text. */
export function inlineStaple(source: DataSource | undefined, report: Report): { readonly ocspStaple?: Uint8Array } {
  if (source === undefined) return {}
  if (source.specifier?.$case !== 'inlineString') return { ocspStaple: inlineBytes(source, report) }
  report.refuse('unsupported-source', 'is DER and cannot be given by inline_string')
  return {}
}

/** The certificate and its staple must belong together, and be enough for the policy. One that cannot be read is refused elsewhere. */
export function refuseBadStaple({ certificateChainPem, ocspStaple }: InlineCertificate, policy: StaplePolicy, report: Report): void {
  const certificate = readable(certificateChainPem)
  if (certificate === null) return
  const stapling = readStapling(certificate, ocspStaple, policy)
  if (stapling.kind === 'err') report.at('ocsp_staple').refuse('bad-staple', stapling.error)
}

function readable(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}
