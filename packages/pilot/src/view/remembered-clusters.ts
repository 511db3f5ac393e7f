import { type Service, serviceKey } from '@meshwork/config/registry'
import type { ObjectOf } from '@meshwork/config/kinds'
import { type ClusterContext, type ServiceClusters, serviceClusters } from './cluster-inputs.ts'
import type { ViewIdentity } from './view-identity.ts'

type Rule = ObjectOf<'DestinationRule'>

/** Everything that the clusters of a service are made from, by identity; `identity` as text, since views share parts of it. */
type Dependencies = readonly unknown[]

interface Remembered {
  readonly dependencies: Dependencies
  readonly clusters: ServiceClusters
}

/** Ways to see one service: few, because the callers of a mesh differ in little that clusters depend on. */
const MOST_WAYS = 8
const remembered = new WeakMap<Service, Remembered[]>()

/** As `serviceClusters`, and the same object as long as nothing that it depends on changes; views of all namespaces share it. */
export function rememberedClusters(service: Service, context: ClusterContext): ServiceClusters {
  const rule = context.rules.ruleFor(service)
  // Clusters that name secrets note them in the view that they are for.
  if (rule !== undefined && namesSecrets(rule)) return serviceClusters(service, context)
  const dependencies = dependenciesOf(service, rule, context)
  const ways = remembered.get(service) ?? []
  const known = ways.find(way => way.dependencies.every((value, index) => value === dependencies[index]))
  if (known !== undefined) return known.clusters
  const clusters = serviceClusters(service, context)
  remembered.set(service, [{ dependencies, clusters }, ...ways.slice(0, MOST_WAYS - 1)])
  return clusters
}

const withSecrets = new WeakMap<Rule, boolean>()

export function namesSecrets(rule: Rule): boolean {
  let answer = withSecrets.get(rule)
  if (answer === undefined) {
    answer = JSON.stringify(rule.spec).includes('redentialName')
    withSecrets.set(rule, answer)
  }
  return answer
}

function dependenciesOf(service: Service, rule: Rule | undefined, { snapshot, identity }: ClusterContext): Dependencies {
  return [
    rule,
    snapshot.registry.endpoints.get(serviceKey(service)),
    snapshot.mesh,
    snapshot.peerAuthentications,
    snapshot.sidecars,
    identity.meshwork,
    callerText(identity),
  ]
}

const texts = new WeakMap<ViewIdentity, string>()

/** What else of the caller clusters depend on: where it is, and its labels where a rule of localities names them. */
export function callerText(identity: ViewIdentity): string {
  let text = texts.get(identity)
  if (text === undefined) {
    text = JSON.stringify([identity.place, identity.kind, identity.labels, identity.viewpoint])
    texts.set(identity, text)
  }
  return text
}
