import type { ObjectOf } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { ClusterContext, ServiceClusters } from './cluster-inputs.ts'
import type { DestinationRules } from './destination-rules.ts'
import { callerText, namesSecrets, rememberedClusters } from './remembered-clusters.ts'
import { Remembered, sameItems } from '../snapshot/remembered.ts'

type Rule = ObjectOf<'DestinationRule'>

/** The clusters of all services of a view, the same lists for all views that see the same services under the same rules. */
export function outboundClusters(services: readonly Service[], context: ClusterContext): ServiceClusters {
  const { snapshot, identity } = context
  const rules = rulesFor(services, context.rules)
  const all = (): ServiceClusters => joined(services.map(service => rememberedClusters(service, context)))
  // Clusters that name secrets note them in the view that they are for.
  if (rules.some(rule => rule !== undefined && namesSecrets(rule))) return all()
  const inputs = [services, snapshot.registry.endpoints, snapshot.mesh, snapshot.peerAuthentications, snapshot.sidecars]
  return layers.get(rules, `${identity.meshwork} ${callerText(identity)}`, inputs, all)
}

const layers = new Remembered<ServiceClusters>()

function joined(parts: readonly ServiceClusters[]): ServiceClusters {
  return { clusters: parts.flatMap(part => part.clusters), assignments: parts.flatMap(part => part.assignments) }
}

export type RuleList = readonly (Rule | undefined)[]

const byRules = new Remembered<RuleList>()
const listsOf = new WeakMap<readonly Service[], RuleList[]>()

/** Which rule each service is used by. One list for all clients for which it comes out the same. */
export function rulesFor(services: readonly Service[], rules: DestinationRules): RuleList {
  return byRules.get(rules, '', [services], () => {
    const list = services.map(service => rules.ruleFor(service))
    const others = listsOf.get(services) ?? []
    const same = others.find(other => sameItems(other, list))
    if (same !== undefined) return same
    listsOf.set(services, [list, ...others.slice(0, MOST_LISTS - 1)])
    return list
  })
}

/** A list is of no use any more when rules changed; how many there are at a time follows the number of namespaces with rules. */
const MOST_LISTS = 64
