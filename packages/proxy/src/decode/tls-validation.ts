import {
  type CertificateValidationContext,
  CertificateValidationContext_TrustChainVerification,
  type SubjectAltNameMatcher,
  SubjectAltNameMatcher_SanType,
} from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import type { SdsSecretConfig } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import type { CommonTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import type { PeerValidation, SanMatcher, SecretRef } from '../model/tls.ts'
import { fileName, inlineText } from './data-source.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { fileRootName } from './file-secret-name.ts'
import type { Report } from './report.ts'
import { required } from './scalars.ts'
import { sourcedName } from './secret-source.ts'
import { decodeStringMatch } from './string-match.ts'

const FIELDS: FieldPolicy<CertificateValidationContext> = {
  read: [
    'trustedCa',
    'matchTypedSubjectAltNames',
    'matchSubjectAltNames',
    'verifyCertificateHash',
    'verifyCertificateSpki',
    'crl',
    'allowExpiredCertificate',
    'trustChainVerification',
    'maxVerifyDepth',
  ],
  // Files are watched wherever they are.
  harmless: ['watchedDirectory'],
}

/** How the peer's certificate is checked. null: not at all. */
export function decodeValidation(type: CommonTlsContext['validationContextType'], report: Report): PeerValidation | null {
  switch (type?.$case) {
    case 'validationContext':
      return inlineValidation(type.value, report.at('validation_context'))
    case 'validationContextSdsSecretConfig':
      return { ...NO_DEMANDS, roots: secretRef(type.value, report.at('validation_context_sds_secret_config')) }
    case 'combinedValidationContext': {
      const inner = report.at('combined_validation_context')
      const { defaultValidationContext: base, validationContextSdsSecretConfig: sds } = type.value
      const roots = secretRef(sds, inner.at('validation_context_sds_secret_config'))
      return { ...(base === undefined ? NO_DEMANDS : demandsOf(base, inner.at('default_validation_context'))), roots }
    }
    case 'validationContextCertificateProvider':
    case 'validationContextCertificateProviderInstance':
      report.refuse('unsupported-field', `'${type.$case}' is not supported`)
      return null
    case undefined:
      return null
  }
}

export function secretRef(config: SdsSecretConfig | undefined, report: Report): SecretRef {
  const name = required(config?.name ?? '', report.at('name'))
  return { name: sourcedName(name, config?.sdsConfig, report.at('sds_config')) }
}

type Demands = Omit<PeerValidation, 'roots'>

const NO_DEMANDS: Demands = {
  subjectAltNames: [],
  certificateHashes: [],
  publicKeyHashes: [],
  crlPem: '',
  allowExpired: false,
  acceptUntrusted: false,
  maxDepth: null,
}

/** For servers that want a certificate and have nothing to check it against. */
export const ANY_CERTIFICATE: PeerValidation = { ...NO_DEMANDS, roots: null }

/** null: without roots, names and hashes there is nothing to check, as `insecureSkipVerify` asks for. */
function inlineValidation(context: CertificateValidationContext, report: Report): PeerValidation | null {
  const demands = demandsOf(context, report)
  if (context.trustedCa === undefined) {
    // Names without roots would let anyone make a certificate with those names.
    if (demands.subjectAltNames.length > 0) report.at('trusted_ca').refuse('required', 'must be set')
    if (demands.crlPem !== '') report.at('trusted_ca').refuse('required', 'must be set')
    const pinned = demands.certificateHashes.length + demands.publicKeyHashes.length > 0
    return pinned ? { ...demands, roots: null } : null
  }
  const file = fileName(context.trustedCa)
  const roots = file === null ? { pem: inlineText(context.trustedCa, report.at('trusted_ca')) } : { name: fileRootName(file) }
  return { ...demands, roots }
}

function demandsOf(context: CertificateValidationContext, report: Report): Demands {
  refuseOtherFields(context, FIELDS, report)
  return {
    subjectAltNames: namesOf(context, report),
    certificateHashes: context.verifyCertificateHash.map((hash, i) => hexHash(hash, report.at('verify_certificate_hash', i))),
    publicKeyHashes: context.verifyCertificateSpki.map((hash, i) => base64Hash(hash, report.at('verify_certificate_spki', i))),
    crlPem: context.crl === undefined ? '' : inlineText(context.crl, report.at('crl')),
    allowExpired: context.allowExpiredCertificate,
    acceptUntrusted: context.trustChainVerification === CertificateValidationContext_TrustChainVerification.ACCEPT_UNTRUSTED,
    maxDepth: context.maxVerifyDepth ?? null,
  }
}

const SHA256_BYTES = 32

/** With or without colons between the bytes. */
function hexHash(text: string, report: Report): string {
  const digits = text.replaceAll(':', '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digits)) report.refuse('bad-hash', 'must be a SHA-256 in hexadecimal')
  return digits
}

function base64Hash(text: string, report: Report): string {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== SHA256_BYTES) report.refuse('bad-hash', 'must be a SHA-256 in base64')
  return bytes.toString('base64')
}

function namesOf(context: CertificateValidationContext, report: Report): readonly SanMatcher[] {
  return [
    ...context.matchTypedSubjectAltNames.map((matcher, i) => typedName(matcher, report.at('match_typed_subject_alt_names', i))),
    ...context.matchSubjectAltNames.map((matcher, i): SanMatcher => ({
      type: 'any',
      match: decodeStringMatch(matcher, report.at('match_subject_alt_names', i)),
    })),
  ]
}

const SAN_TYPES: ReadonlyMap<number, SanMatcher['type']> = new Map([
  [SubjectAltNameMatcher_SanType.EMAIL, 'email'],
  [SubjectAltNameMatcher_SanType.DNS, 'dns'],
  [SubjectAltNameMatcher_SanType.URI, 'uri'],
  [SubjectAltNameMatcher_SanType.IP_ADDRESS, 'ip'],
])

function typedName(matcher: SubjectAltNameMatcher, report: Report): SanMatcher {
  const type = SAN_TYPES.get(matcher.sanType)
  if (type === undefined) report.at('san_type').refuse('unsupported-match', `${matcher.sanType} is not supported`)
  return { type: type ?? 'uri', match: decodeStringMatch(matcher.matcher, report.at('matcher')) }
}
