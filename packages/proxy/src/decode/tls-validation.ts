import {
  type CertificateValidationContext,
  type SubjectAltNameMatcher,
  SubjectAltNameMatcher_SanType,
} from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import type { CommonTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import type { StringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import type { PeerValidation, SanMatcher, SecretRef } from '../model/tls.ts'
import { fileName, inlineText } from './data-source.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { fileRootName } from './file-secret-name.ts'
import type { Report } from './report.ts'
import { required } from './scalars.ts'

const FIELDS: FieldPolicy<CertificateValidationContext> = {
  read: ['trustedCa', 'matchTypedSubjectAltNames', 'matchSubjectAltNames'],
  harmless: [],
}

/** How the peer's certificate is checked. null: not at all. */
export function decodeValidation(type: CommonTlsContext['validationContextType'], report: Report): PeerValidation | null {
  switch (type?.$case) {
    case 'validationContext':
      return inlineValidation(type.value, report.at('validation_context'))
    case 'validationContextSdsSecretConfig':
      return { roots: secretRef(type.value.name, report.at('validation_context_sds_secret_config')), subjectAltNames: [] }
    case 'combinedValidationContext': {
      const inner = report.at('combined_validation_context')
      const { defaultValidationContext: base, validationContextSdsSecretConfig: sds } = type.value
      const roots = secretRef(sds?.name ?? '', inner.at('validation_context_sds_secret_config'))
      return { roots, subjectAltNames: base === undefined ? [] : namesOf(base, inner.at('default_validation_context')) }
    }
    case 'validationContextCertificateProvider':
    case 'validationContextCertificateProviderInstance':
      report.refuse('unsupported-field', `'${type.$case}' is not supported`)
      return null
    case undefined:
      return null
  }
}

export function secretRef(name: string, report: Report): SecretRef {
  return { name: required(name, report.at('name')) }
}

/** null: without roots and names there is nothing to check, as `insecureSkipVerify` asks for. */
function inlineValidation(context: CertificateValidationContext, report: Report): PeerValidation | null {
  const subjectAltNames = namesOf(context, report)
  if (context.trustedCa === undefined) {
    // Names without roots would let anyone make a certificate with those names.
    if (subjectAltNames.length > 0) report.at('trusted_ca').refuse('required', 'must be set')
    return null
  }
  const file = fileName(context.trustedCa)
  const roots = file === null ? { pem: inlineText(context.trustedCa, report.at('trusted_ca')) } : { name: fileRootName(file) }
  return { roots, subjectAltNames }
}

function namesOf(context: CertificateValidationContext, report: Report): readonly SanMatcher[] {
  refuseOtherFields(context, FIELDS, report)
  return [
    ...context.matchTypedSubjectAltNames.map((matcher, i) => typedName(matcher, report.at('match_typed_subject_alt_names', i))),
    ...context.matchSubjectAltNames.map((matcher, i): SanMatcher => ({
      type: 'any',
      match: nameMatch(matcher, report.at('match_subject_alt_names', i)),
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
  return { type: type ?? 'uri', match: nameMatch(matcher.matcher, report.at('matcher')) }
}

function nameMatch(matcher: StringMatcher | undefined, report: Report): SanMatcher['match'] {
  const pattern = matcher?.matchPattern
  if (matcher?.ignoreCase === true) report.at('ignore_case').refuse('unsupported-match', 'is not supported')
  if (pattern?.$case === 'exact' || pattern?.$case === 'prefix' || pattern?.$case === 'suffix')
    return { kind: pattern.$case, value: pattern.value }
  report.refuse('unsupported-match', pattern === undefined ? 'must say what to match' : `'${pattern.$case}' is not supported`)
  return { kind: 'exact', value: '' }
}
