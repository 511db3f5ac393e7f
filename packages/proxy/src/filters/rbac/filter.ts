import type { Slot, StatScope } from '@meshwork/core/metrics'
import {
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  REPLIED,
} from '../filter.ts'
import type { RbacDecider } from './decision.ts'

export const RBAC_FILTER = 'envoy.filters.http.rbac'
/** Where the LOG action tells access logs what it found. */
const LOG_NAMESPACE = 'envoy.common'

/** Of the filter, or of a route in its place. */
export class RbacSettings {
  /** null: nothing is refused. */
  readonly enforced: RbacDecider | null
  /** Evaluated for statistics and metadata only. */
  readonly shadow: RbacDecider | null
  readonly enforcedPrefix: string
  readonly shadowPrefix: string
  readonly tracksPolicies: boolean
  readonly enforcedFindings: Findings
  readonly shadowFindings: Findings

  constructor(
    enforced: RbacDecider | null,
    shadow: RbacDecider | null,
    enforcedPrefix: string,
    shadowPrefix: string,
    tracksPolicies: boolean,
  ) {
    this.enforced = enforced
    this.shadow = shadow
    this.enforcedPrefix = enforcedPrefix
    this.shadowPrefix = shadowPrefix
    this.tracksPolicies = tracksPolicies
    this.enforcedFindings = new Findings(`${enforcedPrefix}enforced`)
    this.shadowFindings = new Findings(`${shadowPrefix}shadow`)
  }
}

export function rbacBlueprint(settings: RbacSettings): FilterBlueprint {
  return { name: RBAC_FILTER, compile: deps => new RbacFilter(settings, deps) }
}

/** Counters under one prefix: `rbac.<prefix>allowed`, and by policy where asked for. */
class Verdicts {
  private readonly scope: StatScope
  private readonly prefix: string
  private readonly allowed: Slot
  private readonly denied: Slot

  constructor(scope: StatScope, prefix: string) {
    this.scope = scope
    this.prefix = `rbac.${prefix}`
    this.allowed = scope.counter(`${this.prefix}allowed`)
    this.denied = scope.counter(`${this.prefix}denied`)
  }

  count(allowed: boolean, policy: string | null): void {
    this.scope.registry.add(allowed ? this.allowed : this.denied, 1)
    // Policies are configured, so the number of these counters is bounded.
    if (policy !== null) this.scope.registry.add(this.scope.counter(`${this.prefix}policy.${policy}.${allowed ? 'allowed' : 'denied'}`), 1)
  }
}

class RbacFilter implements HttpFilter {
  private readonly own: RbacSettings
  private readonly deps: FilterDeps
  private readonly enforced: Verdicts
  private readonly shadow: Verdicts

  constructor(own: RbacSettings, deps: FilterDeps) {
    this.own = own
    this.deps = deps
    this.enforced = new Verdicts(deps.stats, own.enforcedPrefix)
    this.shadow = new Verdicts(deps.stats, `${own.shadowPrefix}shadow_`)
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const given = stream.settings(this.deps.slot)
    const settings = given instanceof RbacSettings ? given : this.own
    if (settings.shadow !== null) this.observe(stream, settings, settings.shadow)
    if (settings.enforced === null) return CONTINUE
    const { allowed, policy, logHint } = settings.enforced.decide(stream)
    if (logHint !== null) stream.mergeDynamicMetadata(LOG_NAMESPACE, { access_log_hint: logHint })
    this.enforced.count(allowed, settings.tracksPolicies ? policy : null)
    if (settings.enforcedPrefix !== '' || policy !== null) settings.enforcedFindings.tell(stream, allowed, policy)
    if (allowed) return CONTINUE
    stream.reply(403, 'RBAC: access denied', 0, `rbac_access_denied_matched_policy[${(policy ?? 'none').replaceAll(/\s/g, '_')}]`)
    return REPLIED
  }

  private observe(stream: FilterStream, settings: RbacSettings, engine: RbacDecider): void {
    const { allowed, policy } = engine.decide(stream)
    this.shadow.count(allowed, settings.tracksPolicies ? policy : null)
    settings.shadowFindings.tell(stream, allowed, policy)
  }
}

/** What access logs and `ext_authz`'s `filter_enabled_metadata` read, by policy: the same for every request. */
class Findings {
  private readonly prefix: string
  private readonly allowed = new Map<string | null, Finding>()
  private readonly denied = new Map<string | null, Finding>()

  constructor(prefix: string) {
    this.prefix = prefix
  }

  tell(stream: FilterStream, allowed: boolean, policy: string | null): void {
    const known = allowed ? this.allowed : this.denied
    let finding = known.get(policy)
    if (finding === undefined) {
      finding = this.make(allowed, policy)
      // Policies are configured, and settings of routes with them: their number is bounded.
      known.set(policy, finding)
    }
    stream.mergeDynamicMetadata(RBAC_FILTER, finding)
  }

  private make(allowed: boolean, policy: string | null): Finding {
    const result = { [`${this.prefix}_engine_result`]: allowed ? 'allowed' : 'denied' }
    return policy === null ? result : { ...result, [`${this.prefix}_effective_policy_id`]: policy }
  }
}

type Finding = Readonly<Record<string, string>>
