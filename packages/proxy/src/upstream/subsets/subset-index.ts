import type { SubsetCriteria } from '../../model/balancing.ts'
import type { Host } from '../host.ts'

/** The metadata of a host that subsets are made of. */
export function subsetLabels(host: Host): ReadonlyMap<string, unknown> {
  const labels = host.metadata['envoy.lb']
  return typeof labels === 'object' && labels !== null ? new Map<string, unknown>(Object.entries(labels)) : new Map()
}

/** Whether the host's metadata has every pair of the criteria. `listAsAny`: a list has each of its members. */
export function meetsCriteria(host: Host, criteria: SubsetCriteria, listAsAny: boolean): boolean {
  const labels = subsetLabels(host)
  return criteria.every(([key, value]) => {
    const has = labels.get(key)
    if (has === undefined) return false
    return sameValue(has, value) || (listAsAny && Array.isArray(has) && has.some(member => sameValue(member, value)))
  })
}

/** All hosts by the values they have for these keys; hosts that lack one are left out. The keys of the map are `valuesText`. */
export function partition(hosts: readonly Host[], keys: readonly string[], listAsAny: boolean): ReadonlyMap<string, readonly Host[]> {
  const subsets = new Map<string, Host[]>()
  for (const host of hosts) {
    const labels = subsetLabels(host)
    for (const values of combinations(keys, labels, listAsAny)) {
      const text = valuesText(values)
      const members = subsets.get(text)
      if (members === undefined) subsets.set(text, [host])
      else members.push(host)
    }
  }
  return subsets
}

export function valuesText(values: readonly unknown[]): string {
  return JSON.stringify(values)
}

/** How many combinations of list members one host may stand for. */
const MAX_COMBINATIONS = 1000

function combinations(keys: readonly string[], labels: ReadonlyMap<string, unknown>, listAsAny: boolean): readonly (readonly unknown[])[] {
  let found: readonly (readonly unknown[])[] = [[]]
  for (const key of keys) {
    const value = labels.get(key)
    if (value === undefined) return []
    const choices: readonly unknown[] = listAsAny && Array.isArray(value) ? value : [value]
    found = found.flatMap(values => choices.map(choice => [...values, choice])).slice(0, MAX_COMBINATIONS)
  }
  return found
}

function sameValue(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
