import { violation } from '@meshwork/core/result'
import type { SecuritySettings } from '../translate/security/inputs.ts'
import { keyPlace, keyPlaceText, NOBODYS_KEYS } from '../translate/security/token-keys.ts'
import type { ViewFinding } from './view-finding.ts'

/** What of a workload's policies cannot be done as written. Nothing of it opens anything: requests are refused instead. */
export function securityFindings(settings: SecuritySettings | null): readonly ViewFinding[] {
  if (settings === null) return []
  return [...unknownProviders(settings), ...missingKeys(settings)]
}

function unknownProviders(settings: SecuritySettings): readonly ViewFinding[] {
  return settings.policies.flatMap(({ spec, origin }) => {
    const name = spec.provider?.name ?? ''
    if (spec.action !== 'CUSTOM' || settings.authorizers[name] !== undefined) return []
    const reason = `'${name}' is no extension provider whose service the mesh has: requests that the policy is for are refused`
    return [
      { origin, violation: violation('spec.provider.name', 'unknown-provider', reason, 'declare it in meshConfig.extensionProviders') },
    ]
  })
}

/** Inline keys that nobody can use are a matter of the object itself (`repair`). */
function missingKeys({ tokens }: SecuritySettings): readonly ViewFinding[] {
  return tokens.flatMap(({ rule, keys, origin, path }) => {
    if (keys !== NOBODYS_KEYS || (rule.jwks ?? '') !== '') return []
    const place = keyPlace(rule)
    const reason = place === undefined ? 'names no keys' : `has no keys yet from ${keyPlaceText(place)}`
    return [{ origin, violation: violation(path, 'no-keys', `${reason}: all tokens of this rule are refused`) }]
  })
}
