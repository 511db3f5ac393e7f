import type { AuthorizationAction } from '@meshwork/config/kinds'
import type { RBAC } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import type { Authorizer, SecuritySettings } from './inputs.ts'
import { buildRules, isDryRun, type PolicyObject, type RulesPlace } from './rbac-rules.ts'

/** One filter of rules: what is enforced, and what is only counted. */
export interface RulesStage {
  readonly enforced: RBAC | undefined
  readonly shadow: RBAC | undefined
  /** Of the statistics and metadata of `shadow`. */
  readonly shadowPrefix: string
}

/** Finds the requests that a service decides about, and asks it. */
export interface CustomStage {
  readonly rules: RulesStage
  /** null: nobody can be asked, and `rules` refuse. */
  readonly ask: { readonly authorizer: Authorizer; readonly metadataKey: string; readonly policyPrefix: string } | null
}

const CUSTOM_SHADOW_PREFIX = 'istio_ext_authz_'

/** AUDIT, DENY and ALLOW, in the order in which they are applied; what has no policies is left out. */
export function ruleStages({ policies, trustDomains }: SecuritySettings, http: boolean): readonly RulesStage[] {
  const actions: readonly AuthorizationAction[] = ['AUDIT', 'DENY', 'ALLOW']
  return actions.flatMap(action => {
    const chosen = policies.filter(policy => policy.spec.action === action)
    const place = { http, trustDomains }
    const enforced = buildRules(
      action,
      chosen.filter(policy => !isDryRun(policy)),
      place,
    )
    const shadow = buildRules(action, chosen.filter(isDryRun), place)
    const shadowPrefix = shadow === undefined ? '' : `istio_dry_run_${action.toLowerCase()}_`
    return enforced === undefined && shadow === undefined ? [] : [{ enforced, shadow, shadowPrefix }]
  })
}

/**
 * The stages of action CUSTOM, one for each provider. A provider that cannot be asked refuses what its rules match. Dry runs
 * have no stage: asking a service is an effect.
 */
export function customStages(settings: SecuritySettings, http: boolean): readonly CustomStage[] {
  const custom = settings.policies.filter(policy => policy.spec.action === 'CUSTOM' && !isDryRun(policy))
  const byProvider = Map.groupBy(custom, policy => policy.spec.provider?.name ?? '')
  const place = { http, trustDomains: settings.trustDomains }
  return [...byProvider].flatMap(([provider, policies]) => {
    const authorizer = settings.authorizers[provider]
    if (authorizer === undefined) return refusing(policies, place)
    // HTTP cannot be asked about connections; Istio leaves them alone then.
    if (!http && authorizer.kind === 'http') return []
    return asking(provider, authorizer, policies, place, byProvider.size === 1)
  })
}

function refusing(policies: readonly PolicyObject[], place: RulesPlace): readonly CustomStage[] {
  const enforced = buildRules('CUSTOM', policies, place, '', '-deny-due-to-bad-CUSTOM-action')
  return enforced === undefined ? [] : [{ rules: { enforced, shadow: undefined, shadowPrefix: '' }, ask: null }]
}

function asking(
  provider: string,
  authorizer: Authorizer,
  policies: readonly PolicyObject[],
  place: RulesPlace,
  alone: boolean,
): readonly CustomStage[] {
  const policyPrefix = `istio-ext-authz-${provider}-`
  // Each stage overwrites what the one before found, so each has keys of its own.
  const shadowPrefix = alone ? CUSTOM_SHADOW_PREFIX : `${CUSTOM_SHADOW_PREFIX}${provider}_`
  const shadow = buildRules('CUSTOM', policies, place, policyPrefix)
  if (shadow === undefined) return []
  return [
    {
      rules: { enforced: undefined, shadow, shadowPrefix },
      ask: { authorizer, metadataKey: `${shadowPrefix}shadow_effective_policy_id`, policyPrefix },
    },
  ]
}
