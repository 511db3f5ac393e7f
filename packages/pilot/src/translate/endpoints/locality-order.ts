import type { Labels, LocalityLbSetting } from '@meshwork/config/kinds'
import type { Locality } from '@meshwork/config/registry'
import type { EndpointInputs } from './inputs.ts'
import { withTopology } from './topology-labels.ts'

/** Where a caller stands, and what its rule says about distance. */
export interface CallerPlace {
  readonly locality: Locality
  /** Its labels with those of its place, as far as the setting names them. */
  readonly labels: Labels
  readonly setting: LocalityLbSetting
  /** Endpoints that fail are noticed, so that others may stand in: nearness orders them. */
  readonly failover: boolean
}

/** Endpoints of one locality and one priority. */
export interface EndpointGroup {
  readonly locality: Locality
  readonly endpoints: readonly EndpointInputs[]
  /** 0 is tried first; without gaps. */
  readonly priority: number
  /** Share of the traffic among groups of the priority. */
  readonly weight: number
}

/** Groups endpoints by locality and, where the caller's rules say so, gives them shares or an order. */
export function groupEndpoints(endpoints: readonly EndpointInputs[], caller: CallerPlace | undefined): readonly EndpointGroup[] {
  const groups = byLocality(endpoints).map(plainGroup)
  if (caller === undefined) return groups
  const { setting } = caller
  if (setting.distribute.length > 0) return distributed(groups, caller)
  return caller.failover ? withoutGaps(ordered(groups, caller)) : groups
}

/** Nearly always all are in one place, or nobody says where. */
function byLocality(endpoints: readonly EndpointInputs[]): readonly (readonly EndpointInputs[])[] {
  const [first] = endpoints
  if (first === undefined) return []
  const { region, zone, subzone } = first.endpoint.locality
  const isThere = ({ locality }: EndpointInputs['endpoint']): boolean =>
    locality.region === region && locality.zone === zone && locality.subzone === subzone
  if (endpoints.every(({ endpoint }) => isThere(endpoint))) return [endpoints]
  return [...Map.groupBy(endpoints, ({ endpoint }) => localityText(endpoint.locality)).values()]
}

function plainGroup(endpoints: readonly EndpointInputs[]): EndpointGroup {
  const locality = endpoints[0]?.endpoint.locality ?? { region: '', zone: '', subzone: '' }
  return { locality, endpoints, priority: 0, weight: weightOf(endpoints) }
}

function weightOf(endpoints: readonly EndpointInputs[]): number {
  return endpoints.reduce((sum, { endpoint }) => sum + endpoint.weight, 0)
}

/** Shares of the first rule for the caller's locality; what no share names gets no traffic. Without a rule nothing changes. */
function distributed(groups: readonly EndpointGroup[], { locality, setting }: CallerPlace): readonly EndpointGroup[] {
  const rule = setting.distribute.find(({ from }) => covers(from, locality))
  if (rule === undefined) return groups
  const taken = new Set<EndpointGroup>()
  // The longest name is the most specific one; the order of the document says nothing.
  const shares = Object.entries(rule.to).toSorted(([a], [b]) => depth(b) - depth(a) || (a < b ? -1 : 1))
  const result = shares.flatMap(([to, share]) => {
    const chosen = groups.filter(group => !taken.has(group) && covers(to, group.locality))
    const total = chosen.reduce((sum, group) => sum + group.weight, 0)
    for (const group of chosen) taken.add(group)
    return chosen.map(group => ({ ...group, weight: Math.ceil((group.weight * share) / total) }))
  })
  return groups.flatMap(group => result.find(({ endpoints }) => endpoints === group.endpoints) ?? [])
}

/** Levels that a pattern states. */
function depth(pattern: string): number {
  return pattern.split('/').filter(level => level !== '*' && level !== '').length
}

/** `eu/a/*`: a level that is `*` or left out covers all. */
function covers(pattern: string, { region, zone, subzone }: Locality): boolean {
  const levels = pattern.split('/')
  return [region, zone, subzone].every((actual, i) => {
    const wanted = levels[i] ?? ''
    return wanted === '*' || (i > 0 && wanted === '') || wanted === actual
  })
}

/** By labels in common where the setting lists some, by distance where it does not, or says where regions fail over to. */
function ordered(groups: readonly EndpointGroup[], caller: CallerPlace): readonly EndpointGroup[] {
  const { failoverPriority, failover } = caller.setting
  if (failoverPriority.length === 0) return groups.map(group => ({ ...group, priority: distance(group.locality, caller) }))
  const byLabels = groups.flatMap(group => splitByLabels(group, caller))
  if (failover.length === 0) return byLabels
  return byLabels.map(group => ({ ...group, priority: group.priority * DISTANCES + distance(group.locality, caller) }))
}

/** Same subzone, same zone, same region, elsewhere, elsewhere and not where the region fails over to. */
const DISTANCES = 5

function distance(there: Locality, { locality: here, setting }: CallerPlace): number {
  if (there.region === here.region) {
    if (there.zone !== here.zone) return 2
    return there.subzone === here.subzone ? 0 : 1
  }
  const rule = setting.failover.find(({ from }) => from === here.region)
  return rule === undefined || rule.to === there.region ? 3 : 4
}

/** Each endpoint by how many labels of the list, from its start, it has in common with the caller. */
function splitByLabels(group: EndpointGroup, { labels, setting }: CallerPlace): readonly EndpointGroup[] {
  const wanted = setting.failoverPriority.map(entry => {
    const [label = '', value] = entry.split('=', 2)
    return { label, value: value ?? labels[label] }
  })
  const parts = Map.groupBy(group.endpoints, ({ endpoint }) => {
    const own = withTopology(endpoint.labels, endpoint)
    const first = wanted.findIndex(({ label, value }) => own[label] !== value)
    return first < 0 ? 0 : wanted.length - first
  })
  return [...parts]
    .toSorted(([a], [b]) => a - b)
    .map(([priority, endpoints]) => ({ locality: group.locality, endpoints, priority, weight: weightOf(endpoints) }))
}

/** Proxies want priorities from 0 without gaps. */
function withoutGaps(groups: readonly EndpointGroup[]): readonly EndpointGroup[] {
  const ranks = [...new Set(groups.map(group => group.priority))].toSorted((a, b) => a - b)
  return groups.map(group => ({ ...group, priority: ranks.indexOf(group.priority) }))
}

function localityText({ region, zone, subzone }: Locality): string {
  return `${region}/${zone}/${subzone}`
}
