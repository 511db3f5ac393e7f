import type { Labels, ObjectOf } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { hasLabels } from '../translate/routes/static-match.ts'
import { hostCovers, isExportedTo, specificity } from './host-pattern.ts'

type Rule = ObjectOf<'DestinationRule'>

/** Answers which DestinationRule a client obeys for a service. Made per view and snapshot. */
export class DestinationRules {
  private readonly byNamespace: ReadonlyMap<string, readonly Rule[]>
  private readonly client: { readonly namespace: string; readonly labels: Labels }
  private readonly rootNamespace: string
  private readonly defaultExportTo: readonly string[]

  constructor(snapshot: MeshSnapshot, client: { readonly namespace: string; readonly labels: Labels }) {
    this.client = client
    this.rootNamespace = snapshot.mesh.rootNamespace
    this.defaultExportTo = snapshot.mesh.defaultDestinationRuleExportTo
    const applicable = snapshot.destinationRules.filter(rule => this.applies(rule))
    const namespaces = Map.groupBy(applicable, rule => rule.meta.namespace)
    this.byNamespace = new Map([...namespaces].map(([namespace, rules]) => [namespace, mergeAlike(rules)]))
  }

  /** The client's namespace decides, then the service's, then the mesh's; within one the most specific host, then one for the client. */
  ruleFor(service: Pick<Service, 'hostname' | 'namespace'>): Rule | undefined {
    for (const namespace of [this.client.namespace, service.namespace, this.rootNamespace]) {
      const covering = (this.byNamespace.get(namespace) ?? []).filter(rule => hostCovers(rule.spec.host, service.hostname))
      const [best] = covering.toSorted((a, b) => specificity(b.spec.host) - specificity(a.spec.host) || selects(b) - selects(a))
      if (best !== undefined) return best
    }
    return undefined
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
