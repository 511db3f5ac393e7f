import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { conditionKey } from './condition-key.ts'
import type { AuthorizationRule, AuthorizationSource } from './type.ts'

/** A provider decides before tokens are looked at, and in Istio before peers are, so its rules cannot ask about identities. */
const SOURCES: readonly (keyof AuthorizationSource)[] = [
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
]

const IDENTITIES: ReadonlySet<string> = new Set([
  'claim',
  'source.namespace',
  'source.principal',
  'source.serviceAccount',
  'source.trustDomain',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
])

/** What rules of action CUSTOM may not have. */
export function checkCustomRule(path: string, { from, when }: AuthorizationRule): readonly Violation[] {
  const unsupported = (place: string, name: string): Violation =>
    violation(place, 'unsupported-field', `${name} cannot be used with action CUSTOM, which is decided before it is known`)
  const sources = from.flatMap(({ source }, i) =>
    SOURCES.filter(field => (source?.[field].length ?? 0) > 0).map(field =>
      unsupported(`${joinPath(`${path}.from`, i)}.source.${field}`, field),
    ),
  )
  const conditions = when.flatMap(({ key }, i) => {
    const parsed = conditionKey(key)
    return parsed.kind === 'ok' && IDENTITIES.has(parsed.value.kind) ? [unsupported(`${joinPath(`${path}.when`, i)}.key`, key)] : []
  })
  return [...sources, ...conditions]
}
