import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkSelector } from '../rules/naming.ts'
import { checkPort } from '../rules/network.ts'
import type { PeerAuthenticationSpec } from './type.ts'

export function validatePeerAuthentication(spec: PeerAuthenticationSpec): readonly Violation[] {
  const ports = Object.keys(spec.portLevelMtls)
  const selected = Object.keys(spec.selector?.matchLabels ?? {}).length > 0
  const violations = [...checkSelector('spec.selector.matchLabels', spec.selector?.matchLabels)]
  if (ports.length > 0 && !selected)
    violations.push(violation('spec.portLevelMtls', 'no-selector', 'needs a selector: ports belong to workloads'))
  return [
    ...violations,
    ...ports.flatMap(port => checkPort(joinPath('spec.portLevelMtls', port), /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN)),
  ]
}
