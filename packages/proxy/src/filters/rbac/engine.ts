import { anyOf, pathOnly, principalsOf, type RbacSubject, type RequestTest } from './compile.ts'
import { exactPaths, exactPrincipals } from './keys.ts'
import type { RbacPolicy, RbacRules } from './rules.ts'

interface CompiledPolicy {
  readonly name: string
  /** Place among all policies: of several that match, the first is named. */
  readonly order: number
  readonly permits: RequestTest
  readonly isPrincipal: RequestTest
}

/**
 * Rules compiled. Policies for listed paths or listed principals are found by these, so that their number does not
 * matter; the others are tried one after another.
 */
export class RbacEngine {
  readonly action: RbacRules['action']
  readonly policyNames: readonly string[]
  private readonly byPath = new Map<string, CompiledPolicy[]>()
  private readonly byPrincipal = new Map<string, CompiledPolicy[]>()
  private readonly others: CompiledPolicy[] = []

  constructor(rules: RbacRules) {
    this.action = rules.action
    this.policyNames = rules.policies.map(({ name }) => name)
    for (const [order, policy] of rules.policies.entries()) this.add(policy, order)
  }

  /** The first policy that matches, or null. */
  match(stream: RbacSubject): string | null {
    let best = firstMatch(this.others, stream, null)
    if (this.byPath.size > 0) best = firstMatch(this.byPath.get(pathOnly(stream.path)), stream, best)
    const { peer } = stream.connection
    if (this.byPrincipal.size > 0 && peer !== null)
      for (const name of principalsOf(peer)) best = firstMatch(this.byPrincipal.get(name), stream, best)
    return best?.name ?? null
  }

  /** Whether a request may pass that matched `policy`. */
  allows(policy: string | null): boolean {
    if (this.action === 'log') return true
    return (policy !== null) === (this.action === 'allow')
  }

  private add(policy: RbacPolicy, order: number): void {
    const compiled = { name: policy.name, order, permits: anyOf(policy.permissions), isPrincipal: anyOf(policy.principals) }
    const paths = exactPaths(policy.permissions)
    const principals = paths === null ? exactPrincipals(policy.principals) : null
    if (paths !== null) addUnder(this.byPath, paths, compiled)
    else if (principals === null) this.others.push(compiled)
    else addUnder(this.byPrincipal, principals, compiled)
  }
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
