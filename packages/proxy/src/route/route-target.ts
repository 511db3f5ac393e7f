import type { SubsetCriteria } from '../model/balancing.ts'
import type { RouteConfig, RouteTableConfig, VirtualHostConfig, WeightedCluster } from '../model/route.ts'
import { compileEdits, type HeaderEdits } from './header-mutations.ts'
import { compilePerFilter, type PerFilterSettings } from './per-filter.ts'
import type { RequestView } from './request-view.ts'

/** One destination of a route with everything that depends on it prepared. */
export interface CompiledTarget extends PerFilterSettings {
  /** Empty when `fromHeader` names it, and for redirects and direct answers. */
  readonly cluster: string
  /** The request header with the name of the cluster. */
  readonly fromHeader: string | null
  readonly weight: number
  readonly requestEdits: HeaderEdits | null
  readonly responseEdits: HeaderEdits | null
  readonly hostRewrite: string | null
  /** Labels of the hosts to choose from; null: any. */
  readonly metadataMatch: SubsetCriteria | null
}

export function compileTarget(
  cluster: WeightedCluster,
  config: RouteConfig,
  host: VirtualHostConfig,
  table: RouteTableConfig,
): CompiledTarget {
  const specificFirst = [config.headers, host.headers, table.headers]
  // Those of a weighted cluster always come first, as in Envoy: `most_specific_header_mutations_wins` turns the others round.
  const levels = [cluster.headers, ...(table.mostSpecificHeadersWin ? specificFirst.toReversed() : specificFirst)]
  return {
    cluster: cluster.name,
    fromHeader: cluster.fromHeader,
    weight: cluster.weight,
    requestEdits: compileEdits('request', levels),
    responseEdits: compileEdits('response', levels),
    ...compilePerFilter([table.perFilter, host.perFilter, config.perFilter, cluster.perFilter]),
    hostRewrite: cluster.hostRewrite,
    metadataMatch: sortedCriteria(cluster.metadataMatch),
  }
}

/** Sorted, as balancers look subsets up; null without labels. */
export function sortedCriteria(labels: Readonly<Record<string, unknown>>): SubsetCriteria | null {
  const criteria = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return criteria.length === 0 ? null : criteria
}

/** The name of the target's cluster for this request; empty when the header that names it is missing. */
export function clusterNameOf(target: CompiledTarget, request: RequestView): string {
  return target.fromHeader === null ? target.cluster : (request.requestHeaders.get(target.fromHeader) ?? '')
}

/** Chooses by weight. `draw` is in [0, `total`). */
export function targetAt(targets: readonly CompiledTarget[], draw: number): CompiledTarget | undefined {
  let point = draw
  for (const target of targets) {
    point -= target.weight
    if (point < 0) return target
  }
  return targets[0]
}
