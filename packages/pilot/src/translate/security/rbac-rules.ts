import type { AuthorizationAction, ObjectOf } from '@meshwork/config/kinds'
import { type Policy, RBAC, RBAC_Action } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import { buildRule } from './build-rule.ts'

export type PolicyObject = ObjectOf<'AuthorizationPolicy'>

/** What policies are turned into rules for. */
export interface RulesPlace {
  /** Requests are seen, not only connections. */
  readonly http: boolean
  readonly trustDomains: readonly string[]
}

const ACTIONS: Readonly<Record<AuthorizationAction, RBAC_Action>> = {
  ALLOW: RBAC_Action.ALLOW,
  DENY: RBAC_Action.DENY,
  AUDIT: RBAC_Action.LOG,
  CUSTOM: RBAC_Action.DENY,
}

/**
 * The rules of policies of one action. An ALLOW without any rule left refuses everything; of the other actions that means
 * nothing is affected, and undefined is returned. `prefix` and `suffix` go around the names of the rules.
 */
export function buildRules(
  action: AuthorizationAction,
  policies: readonly PolicyObject[],
  place: RulesPlace,
  prefix: string = '',
  suffix: string = '',
): RBAC | undefined {
  const built: [string, Policy][] = []
  for (const { meta, spec } of policies) {
    const at = { ...place, namespace: meta.namespace, doubt: action === 'ALLOW' ? ('never-matches' as const) : ('ignored' as const) }
    for (const [index, rule] of spec.rules.entries()) {
      const policy = buildRule(rule, at)
      if (policy !== undefined) built.push([`${prefix}ns[${meta.namespace}]-policy[${meta.name}]-rule[${index}]${suffix}`, policy])
    }
  }
  if (policies.length === 0 || (built.length === 0 && action !== 'ALLOW')) return undefined
  return RBAC.fromPartial({ action: ACTIONS[action], policies: Object.fromEntries(built) })
}

/** `istio.io/dry-run` as Go reads booleans; anything else means no, so that the policy is enforced. */
export function isDryRun({ meta }: PolicyObject): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(meta.annotations['istio.io/dry-run'] ?? '')
}
