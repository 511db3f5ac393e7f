import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { Route } from '@meshwork/protos/envoy/config/route/v3/route_components'

/** The clusters that a table of routes leads to. */
export function clustersOf(table: RouteConfiguration): ReadonlySet<string> {
  return clustersOfRoutes(table.virtualHosts.flatMap(({ routes }) => routes))
}

export function clustersOfRoutes(routes: readonly Route[]): ReadonlySet<string> {
  const clusters = new Set<string>()
  for (const route of routes) for (const name of routeClusters(route)) clusters.add(name)
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
