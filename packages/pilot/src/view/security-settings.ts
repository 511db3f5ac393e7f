import { joinPath } from '@meshwork/core/result'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { Authorizer, SecuritySettings, TokenRule } from '../translate/security/inputs.ts'
import { keysOf } from '../translate/security/token-keys.ts'
import { authorizersOf } from './authorizers.ts'
import { policiesFor, type PolicyTarget } from './policies-for.ts'

/** What is demanded of those who call a workload; null if nothing is. */
export function securitySettings(target: PolicyTarget, snapshot: MeshSnapshot): SecuritySettings | null {
  const { rootNamespace, trustDomain, trustDomainAliases } = snapshot.mesh
  const policies = policiesFor(snapshot.authorizationPolicies, rootNamespace, target)
  const tokens = tokenRules(target, snapshot)
  if (policies.length === 0 && tokens.length === 0) return null
  return {
    policies,
    authorizers: usedAuthorizers(policies, snapshot),
    tokens,
    trustDomains: [...new Set([trustDomain, ...trustDomainAliases])],
  }
}

function usedAuthorizers(policies: SecuritySettings['policies'], snapshot: MeshSnapshot): Readonly<Record<string, Authorizer>> {
  const names = new Set(policies.flatMap(({ spec }) => (spec.action === 'CUSTOM' ? (spec.provider?.name ?? '') : [])))
  if (names.size === 0) return {}
  return Object.fromEntries(Object.entries(authorizersOf(snapshot)).filter(([name]) => names.has(name)))
}

/** The rules of all RequestAuthentications for the workload together. */
function tokenRules(target: PolicyTarget, snapshot: MeshSnapshot): readonly TokenRule[] {
  const chosen = policiesFor(snapshot.requestAuthentications, snapshot.mesh.rootNamespace, target)
  return chosen.flatMap(({ spec, origin }) =>
    spec.jwtRules.map((rule, i) => ({
      rule,
      keys: keysOf(rule, snapshot.keySets),
      routesByClaims: target.kind === 'router',
      origin,
      path: joinPath('spec.jwtRules', i),
    })),
  )
}
