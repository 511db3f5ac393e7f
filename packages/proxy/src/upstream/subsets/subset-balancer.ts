import type { SubsetConfig, SubsetCriteria, SubsetFallback, SubsetSelector } from '../../model/balancing.ts'
import type { Host } from '../host.ts'
import { type BalancerSettings, type HostChooser, LoadBalancer } from '../hosts/load-balancer.ts'
import type { PickContext } from '../pick-context.ts'
import { expandCriteria } from './expand-criteria.ts'
import { meetsCriteria, partition, valuesText } from './subset-index.ts'

/** Counts what `lb_subsets_*` count. */
export interface SubsetCounts {
  selected(): void
  fellBack(): void
  panicked(): void
}

/** The hosts of one selector, divided by their values. */
interface Division {
  readonly selector: SubsetSelector
  readonly subsets: ReadonlyMap<string, readonly Host[]>
  /** Balancers of the subsets that were asked for. */
  readonly balancers: Map<string, LoadBalancer>
}

/** Chooses among the hosts whose metadata meets the criteria of the route (`LbSubsetConfig`). */
export class SubsetBalancer implements HostChooser {
  private readonly config: SubsetConfig
  private readonly hosts: readonly Host[]
  private readonly settings: BalancerSettings
  private readonly counts: SubsetCounts
  private readonly divisions: ReadonlyMap<string, Division>
  private readonly expanded = new WeakMap<SubsetCriteria, readonly SubsetCriteria[]>()
  private anyHost: LoadBalancer | null = null
  private defaultHosts: LoadBalancer | null = null

  constructor(hosts: readonly Host[], config: SubsetConfig, settings: BalancerSettings, counts: SubsetCounts) {
    this.config = config
    this.hosts = hosts
    this.settings = settings
    this.counts = counts
    this.divisions = new Map(
      config.selectors.map(selector => [
        keysText(selector.keys),
        { selector, subsets: partition(hosts, selector.keys, config.listAsAny), balancers: new Map() },
      ]),
    )
  }

  pick(context: PickContext | null, attempt: number): Host | null {
    const criteria = context?.criteria ?? null
    if (criteria === null) return this.fallBack(this.config.fallback, context, attempt)
    for (const variant of this.variantsOf(criteria)) {
      const host = this.pickFor(variant, context, attempt)
      if (host !== null) return host
    }
    return null
  }

  private variantsOf(criteria: SubsetCriteria): readonly SubsetCriteria[] {
    const known = this.expanded.get(criteria)
    if (known !== undefined) return known
    const variants = expandCriteria(criteria, this.config, keys => this.divisions.has(keysText(keys)))
    this.expanded.set(criteria, variants)
    return variants
  }

  private pickFor(criteria: SubsetCriteria, context: PickContext | null, attempt: number): Host | null {
    const division = this.divisions.get(keysText(criteria.map(([key]) => key)))
    if (division === undefined) return this.fallBack(this.config.fallback, context, attempt)
    const balancer = this.balancerOf(division, valuesText(criteria.map(([, value]) => value)))
    if (balancer !== null) {
      this.counts.selected()
      return balancer.pick(context, attempt)
    }
    const { fallback } = division.selector
    if (fallback === null || typeof fallback === 'string') return this.fallBack(fallback ?? this.config.fallback, context, attempt)
    // Fewer keys than before, so that this ends.
    return this.pickFor(
      criteria.filter(([key]) => fallback.keys.includes(key)),
      context,
      attempt,
    )
  }

  private balancerOf(division: Division, values: string): LoadBalancer | null {
    const known = division.balancers.get(values)
    if (known !== undefined) return known
    const hosts = division.subsets.get(values)
    if (hosts === undefined) return null
    const made = new LoadBalancer(hosts, this.settingsFor(hosts))
    division.balancers.set(values, made)
    return made
  }

  private fallBack(fallback: SubsetFallback, context: PickContext | null, attempt: number): Host | null {
    if (fallback === 'none') return null
    const host = this.fallbackBalancer(fallback).pick(context, attempt)
    if (host !== null) {
      this.counts.fellBack()
      return host
    }
    if (!this.config.panicModeAny) return null
    this.counts.panicked()
    return this.fallbackBalancer('any').pick(context, attempt)
  }

  private fallbackBalancer(fallback: 'any' | 'default'): LoadBalancer {
    const { defaultSubset, listAsAny } = this.config
    if (fallback === 'any') return (this.anyHost ??= new LoadBalancer(this.hosts, this.settingsFor(this.hosts)))
    if (this.defaultHosts === null) {
      const hosts = this.hosts.filter(host => meetsCriteria(host, defaultSubset, listAsAny))
      this.defaultHosts = new LoadBalancer(hosts, this.settingsFor(hosts))
    }
    return this.defaultHosts
  }

  /** Weights of localities count within subsets only if asked for, and then maybe by the part of the locality that is inside. */
  private settingsFor(hosts: readonly Host[]): BalancerSettings {
    const { localityWeightAware, scaleLocalityWeight } = this.config
    if (!localityWeightAware) return { ...this.settings, rules: { ...this.settings.rules, localityWeighted: false } }
    if (!scaleLocalityWeight) return this.settings
    const inside = countByLocality(hosts)
    const all = countByLocality(this.hosts)
    return { ...this.settings, localityScale: locality => (inside.get(locality) ?? 0) / (all.get(locality) ?? 1) }
  }
}

function keysText(keys: readonly string[]): string {
  return keys.join('\0')
}

function countByLocality(hosts: readonly Host[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { endpoint } of hosts) counts.set(endpoint.locality, (counts.get(endpoint.locality) ?? 0) + 1)
  return counts
}
