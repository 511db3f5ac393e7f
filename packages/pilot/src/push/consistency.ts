import type { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { Route } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { Generated, GeneratedView } from './generated-view.ts'

/** A name that a resource uses and nothing defines. */
export interface DanglingReference {
  /** `route 9080` */
  readonly from: string
  /** `outbound|9080|v9|reviews.default.svc.cluster.local` */
  readonly cluster: string
}

/**
 * References of routes to clusters that the view does not have. They are not an error of the control plane: a rule may
 * name a subset that nobody defined, and such requests are answered with 503. But whoever wrote it wants to know.
 */
export function danglingReferences(view: GeneratedView): readonly DanglingReference[] {
  const known = new Set(view.clusters.map(({ message }: Generated<Cluster>) => message.name))
  return view.routes.flatMap(({ message }) =>
    [...clustersOf(message)].filter(cluster => !known.has(cluster)).map(cluster => ({ from: `route ${message.name}`, cluster })),
  )
}

/** The clusters that a table of routes leads to. */
export function clustersOf(table: RouteConfiguration): ReadonlySet<string> {
  const clusters = new Set<string>()
  for (const host of table.virtualHosts) for (const route of host.routes) for (const name of routeClusters(route)) clusters.add(name)
  return clusters
}

function routeClusters(route: Route): readonly string[] {
  if (route.action?.$case !== 'route') return []
  const { clusterSpecifier, requestMirrorPolicies } = route.action.value
  const mirrors = requestMirrorPolicies.map(mirror => mirror.cluster)
  if (clusterSpecifier?.$case === 'cluster') return [clusterSpecifier.value, ...mirrors]
  if (clusterSpecifier?.$case === 'weightedClusters') return [...clusterSpecifier.value.clusters.map(c => c.name), ...mirrors]
  return mirrors
}
