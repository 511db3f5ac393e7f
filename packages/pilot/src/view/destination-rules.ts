import type { Labels, ObjectOf } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { hasLabels } from '../translate/routes/static-match.ts'
import { hostCovers, isExportedTo, specificity } from './host-pattern.ts'
import { Remembered } from '../snapshot/remembered.ts'

type Rule = ObjectOf<'DestinationRule'>

/** The rules of one namespace: those for one host by it, in lower case, and those with a wildcard, the most specific first. */
interface RulesOfNamespace {
  readonly exact: ReadonlyMap<string, Rule>
  readonly patterns: readonly Rule[]
}

/** Answers which DestinationRule a client obeys for a service. Made per kind of client and list of rules. */
export class DestinationRules {
  private readonly byNamespace: ReadonlyMap<string, RulesOfNamespace>
  private readonly client: { readonly namespace: string; readonly labels: Labels }
  private readonly rootNamespace: string
  private readonly defaultExportTo: readonly string[]

  constructor(snapshot: RulesInForce, client: { readonly namespace: string; readonly labels: Labels }) {
    this.client = client
    this.rootNamespace = snapshot.mesh.rootNamespace
    this.defaultExportTo = snapshot.mesh.defaultDestinationRuleExportTo
    const applicable = snapshot.destinationRules.filter(rule => this.applies(rule))
    const namespaces = Map.groupBy(applicable, rule => rule.meta.namespace)
    this.byNamespace = new Map([...namespaces].map(([namespace, rules]) => [namespace, indexed(mergeAlike(rules))]))
  }

  /** The client's namespace decides, then the service's, then the mesh's; within one the most specific host, then one for the client. */
  ruleFor({ hostname, namespace }: Pick<Service, 'hostname' | 'namespace'>): Rule | undefined {
    const host = hostname.toLowerCase()
    const own = this.client.namespace
    return (
      this.ruleIn(own, host) ??
      (namespace === own ? undefined : this.ruleIn(namespace, host)) ??
      (this.rootNamespace === own || this.rootNamespace === namespace ? undefined : this.ruleIn(this.rootNamespace, host))
    )
  }

  private ruleIn(namespace: string, host: string): Rule | undefined {
    const rules = this.byNamespace.get(namespace)
    if (rules === undefined) return undefined
    return (
      rules.exact.get(host) ?? (rules.patterns.length === 0 ? undefined : rules.patterns.find(rule => hostCovers(rule.spec.host, host)))
    )
  }

  /** A selector means workloads of the rule's own namespace. */
  private applies(rule: Rule): boolean {
    const exportTo = rule.spec.exportTo.length > 0 ? rule.spec.exportTo : this.defaultExportTo
    if (!isExportedTo(exportTo, rule.meta.namespace, this.client.namespace)) return false
    if (selects(rule) === 0) return true
    return rule.meta.namespace === this.client.namespace && hasLabels(this.client.labels, selectorOf(rule))
  }
}

function selectorOf(rule: Rule): Labels {
  return rule.spec.workloadSelector?.matchLabels ?? {}
}

/** 1 for rules of chosen clients, 0 for those of all. */
function selects(rule: Rule): number {
  return Object.keys(selectorOf(rule)).length === 0 ? 0 : 1
}

/**
 * Rules of one namespace for one host, the same clients and the same viewers act as one: the oldest's policy, and the subsets of all
 * (the oldest's of equal names).
 */
function mergeAlike(rules: readonly Rule[]): readonly Rule[] {
  const merged = new Map<string, Rule>()
  for (const rule of rules) {
    const key = JSON.stringify([
      rule.spec.host,
      Object.entries(selectorOf(rule)).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      rule.spec.exportTo.toSorted(),
    ])
    const known = merged.get(key)
    merged.set(key, known === undefined ? rule : mergeTwo(known, rule))
  }
  return [...merged.values()]
}

function mergeTwo(older: Rule, younger: Rule): Rule {
  const names = new Set(older.spec.subsets.map(subset => subset.name))
  const subsets = [...older.spec.subsets, ...younger.spec.subsets.filter(subset => !names.has(subset.name))]
  const policy = older.spec.trafficPolicy ?? younger.spec.trafficPolicy
  return { ...older, spec: { ...older.spec, subsets, ...(policy === undefined ? {} : { trafficPolicy: policy }) } }
}

type RulesInForce = Pick<MeshSnapshot, 'mesh' | 'destinationRules'>

/** Of rules for one host the one that selects the client is the better one; of equals the first. */
function indexed(rules: readonly Rule[]): RulesOfNamespace {
  const best = rules.toSorted((a, b) => specificity(b.spec.host) - specificity(a.spec.host) || selects(b) - selects(a))
  const exact = new Map<string, Rule>()
  for (const rule of best) if (!exact.has(rule.spec.host.toLowerCase())) exact.set(rule.spec.host.toLowerCase(), rule)
  return { exact, patterns: best.filter(({ spec }) => spec.host.startsWith('*')) }
}

const selecting = new Remembered<boolean>()

/** Whether labels of clients matter at all. */
function selectSome(rules: readonly Rule[]): boolean {
  return selecting.get(rules, '', [], () => rules.some(rule => selects(rule) > 0))
}

const known = new WeakMap<RulesInForce['destinationRules'], Map<string, DestinationRules>>()

/** The rules for clients of one namespace with these labels, put in order once for a list of rules. */
export function destinationRulesFor(
  snapshot: RulesInForce,
  client: { readonly namespace: string; readonly labels: Labels },
): DestinationRules {
  const byClient = known.get(snapshot.destinationRules) ?? new Map<string, DestinationRules>()
  known.set(snapshot.destinationRules, byClient)
  const { rootNamespace, defaultDestinationRuleExportTo } = snapshot.mesh
  const labels = selectSome(snapshot.destinationRules) ? client.labels : {}
  const key = JSON.stringify([rootNamespace, defaultDestinationRuleExportTo, client.namespace, labels])
  const rules = byClient.get(key) ?? new DestinationRules(snapshot, client)
  byClient.set(key, rules)
  return rules
}
