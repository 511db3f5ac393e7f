import { violation } from '@meshwork/core/result'
import type { SecuritySettings } from '../translate/security/inputs.ts'
import type { ViewFinding } from './view-finding.ts'

/** What of a workload's policies cannot be done as written. Nothing of it opens anything: requests are refused instead. */
export function securityFindings(settings: SecuritySettings | null): readonly ViewFinding[] {
  if (settings === null) return []
  return settings.policies.flatMap(({ spec, origin }) => {
    const name = spec.provider?.name ?? ''
    if (spec.action !== 'CUSTOM' || settings.authorizers[name] !== undefined) return []
    const reason = `'${name}' is no extension provider whose service the mesh has: requests that the policy is for are refused`
    return [
      { origin, violation: violation('spec.provider.name', 'unknown-provider', reason, 'declare it in meshConfig.extensionProviders') },
    ]
  })
}
