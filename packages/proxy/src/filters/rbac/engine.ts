import { anyOf, pathOnly, principalsOf, type RbacSubject, type RequestTest } from './compile.ts'
import type { RbacDecider, RbacDecision } from './decision.ts'
import { exactPaths, exactPrincipals } from './keys.ts'
import type { RbacPolicy, RbacRules } from './rules.ts'

interface CompiledPolicy {
  /** Place among all policies: of several that match, the first is named. */
  readonly order: number
  readonly permits: RequestTest
  readonly isPrincipal: RequestTest
  readonly decision: RbacDecision
}

/**
 * Rules compiled. Policies for listed paths or listed principals are found by these, so that their number does not
 * matter; the others are tried one after another.
 */
export class RbacEngine implements RbacDecider {
  private readonly action: RbacRules['action']
  private readonly noMatch: RbacDecision
  private readonly byPath = new Map<string, CompiledPolicy[]>()
  private readonly byPrincipal = new Map<string, CompiledPolicy[]>()
  private readonly others: CompiledPolicy[] = []

  constructor(rules: RbacRules) {
    this.action = rules.action
    this.noMatch = decisionOf(rules.action, null)
    for (const [order, policy] of rules.policies.entries()) this.add(policy, order)
  }

  /** By the first policy that matches. */
  decide(subject: RbacSubject): RbacDecision {
    let best = firstMatch(this.others, subject, null)
    if (this.byPath.size > 0) best = firstMatch(this.byPath.get(pathOnly(subject.path)), subject, best)
    const { peer } = subject.connection
    if (this.byPrincipal.size > 0 && peer !== null)
      for (const name of principalsOf(peer)) best = firstMatch(this.byPrincipal.get(name), subject, best)
    return best?.decision ?? this.noMatch
  }

  private add(policy: RbacPolicy, order: number): void {
    const compiled = {
      order,
      permits: anyOf(policy.permissions),
      isPrincipal: anyOf(policy.principals),
      decision: decisionOf(this.action, policy.name),
    }
    const paths = exactPaths(policy.permissions)
    const principals = paths === null ? exactPrincipals(policy.principals) : null
    if (paths !== null) addUnder(this.byPath, paths, compiled)
    else if (principals === null) this.others.push(compiled)
    else addUnder(this.byPrincipal, principals, compiled)
  }
}

function decisionOf(action: RbacRules['action'], policy: string | null): RbacDecision {
  const matched = policy !== null
  return action === 'log'
    ? { allowed: true, policy, logHint: matched }
    : { allowed: matched === (action === 'allow'), policy, logHint: null }
}

function addUnder(index: Map<string, CompiledPolicy[]>, keys: ReadonlySet<string>, policy: CompiledPolicy): void {
  for (const key of keys) {
    const list = index.get(key)
    if (list === undefined) index.set(key, [policy])
    else list.push(policy)
  }
}

function firstMatch(
  policies: readonly CompiledPolicy[] | undefined,
  stream: RbacSubject,
  best: CompiledPolicy | null,
): CompiledPolicy | null {
  if (policies === undefined) return best
  for (const policy of policies) {
    if (best !== null && policy.order > best.order) return best
    if (policy.permits(stream) && policy.isPrincipal(stream)) return policy
  }
  return best
}
