import { type Locality, localityOf } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { HOST_LABEL } from '../translate/endpoints/topology-labels.ts'
import type { ProxyNode } from './proxy-node.ts'

const NETWORK_LABEL = 'topology.istio.io/network'

/** Where a proxy runs, as far as its endpoints are ordered by it. */
export interface ProxyPlace {
  readonly locality: Locality
  readonly network: string
  /** Name of the machine; '' if nobody knows, or if nothing depends on it. */
  readonly nodeName: string
}

/** What the proxy says of itself, else what its pod and the pod's machine say. */
export function placeOf(node: ProxyNode, snapshot: MeshSnapshot): ProxyPlace {
  const pod = snapshot.podPlaces.get(`${node.namespace}/${node.pod}`)
  const labelled = localityOf(node.labels, {})
  const stated = [labelled, node.locality].find(({ region }) => region !== '')
  return {
    locality: stated ?? pod?.locality ?? node.locality,
    network: node.labels[NETWORK_LABEL] ?? '',
    // Replicas on different machines share a view unless a rule prefers endpoints of the own machine.
    nodeName: prefersOwnMachine(snapshot) ? (pod?.nodeName ?? '') : '',
  }
}

const answers = new WeakMap<MeshSnapshot['destinationRules'], boolean>()

/** Asked for every proxy, answered once for a list of rules. */
function prefersOwnMachine({ destinationRules, mesh }: MeshSnapshot): boolean {
  if (namesMachine(mesh.localityLbSetting.failoverPriority)) return true
  const known = answers.get(destinationRules)
  if (known !== undefined) return known

  const answer = destinationRules.some(({ spec }) => namesMachine(prioritiesOf(spec)))
  answers.set(destinationRules, answer)
  return answer
}

type RuleSpec = MeshSnapshot['destinationRules'][number]['spec']

function prioritiesOf({ trafficPolicy, subsets }: RuleSpec): readonly string[] {
  const policies = [trafficPolicy, ...subsets.map(subset => subset.trafficPolicy)]
  return policies
    .flatMap(policy => (policy === undefined ? [] : [policy, ...policy.portLevelSettings]))
    .flatMap(settings => settings.loadBalancer?.localityLbSetting?.failoverPriority ?? [])
}

function namesMachine(priorities: readonly string[]): boolean {
  return priorities.some(label => label === HOST_LABEL)
}
