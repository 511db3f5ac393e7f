import { err, ok, type Result, type Violation } from '@meshwork/core/result'
import type { CertificateValidationContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import type { ResourceType } from '@meshwork/xds/client'
import { SECRET_TYPE } from '@meshwork/xds/types'
import type { CertificateMaterial } from '../tls/secrets.ts'
import { inlineText } from './data-source.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { inlineStaple, refuseBadStaple } from './ocsp-staple.ts'
import { Report } from './report.ts'

export type SecretMaterial =
  | { readonly kind: 'certificate'; readonly material: CertificateMaterial }
  | { readonly kind: 'roots'; readonly pem: string }

/** `envoy.extensions.transport_sockets.tls.v3.Secret`: a certificate with its key, or roots. */
export const secretType: ResourceType<SecretMaterial> = {
  typeUrl: SECRET_TYPE,
  absenceDeletes: false,
  decode: (bytes): Result<SecretMaterial, readonly Violation[]> => {
    const report = new Report()
    const secret = decodeSecret(Secret.decode(bytes), report)
    return secret === null || report.violations.length > 0 ? err(report.violations) : ok(secret)
  },
}

/** `bytes`: a `Secret` in wire form. */
export function secretNameOf(bytes: Uint8Array): string {
  return Secret.decode(bytes).name
}

/** Demands beside the roots belong into the TLS context that names the secret; to drop them silently would let more peers in. */
const ROOTS_FIELDS: FieldPolicy<CertificateValidationContext> = { read: ['trustedCa'], harmless: ['watchedDirectory'] }

/** null: refused. */
export function decodeSecret({ type }: Secret, report: Report): SecretMaterial | null {
  if (type?.$case === 'tlsCertificate') {
    const inner = report.at('tls_certificate')
    const certificateChainPem = inlineText(type.value.certificateChain, inner.at('certificate_chain'))
    const privateKeyPem = inlineText(type.value.privateKey, inner.at('private_key'))
    const material = { certificateChainPem, privateKeyPem, ...inlineStaple(type.value.ocspStaple, inner.at('ocsp_staple')) }
    if (material.ocspStaple !== undefined) refuseBadStaple(material, 'lenient', inner)
    return { kind: 'certificate', material }
  }
  if (type?.$case === 'validationContext') {
    refuseOtherFields(type.value, ROOTS_FIELDS, report.at('validation_context'))
    return { kind: 'roots', pem: inlineText(type.value.trustedCa, report.at('validation_context', 'trusted_ca')) }
  }
  report.refuse('unsupported-field', 'must be a certificate or a validation context')
  return null
}
