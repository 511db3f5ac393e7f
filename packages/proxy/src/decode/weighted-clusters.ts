import type {
  RouteAction as ProtoRouteAction,
  WeightedCluster as ProtoWeightedCluster,
  WeightedCluster_ClusterWeight,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { Metadata } from '@meshwork/protos/envoy/config/core/v3/base'
import type { WeightedCluster } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeHeaderMutations, HEADER_FIELDS, headerName, NO_HEADER_MUTATIONS } from './header-mutations.ts'
import { decodePerFilter } from './per-filter.ts'
import type { Report } from './report.ts'
import { required } from './scalars.ts'

const WEIGHTED_FIELDS: FieldPolicy<ProtoWeightedCluster> = {
  read: ['clusters', 'randomValueSpecifier'],
  // The sum of the weights counts, as in Envoy.
  harmless: ['totalWeight', 'runtimeKeyPrefix'],
}
const WEIGHT_FIELDS: FieldPolicy<WeightedCluster_ClusterWeight> = {
  read: ['name', 'clusterHeader', 'weight', 'metadataMatch', 'hostRewriteSpecifier', 'typedPerFilterConfig', ...HEADER_FIELDS],
  harmless: [],
}

/** The destinations of a route: one cluster, one named by a header, or several with weights. */
export function decodeClusters(action: ProtoRouteAction, filters: FilterCatalog, report: Report): readonly WeightedCluster[] {
  const { clusterSpecifier: specifier } = action
  const labels = loadBalancerLabels(action.metadataMatch)
  switch (specifier?.$case) {
    case 'cluster':
      return [{ ...ONLY, name: required(specifier.value, report.at('cluster')), metadataMatch: labels }]
    case 'clusterHeader':
      return [{ ...ONLY, fromHeader: headerName(specifier.value, report.at('cluster_header')), metadataMatch: labels }]
    case 'weightedClusters':
      return decodeWeighted(specifier.value, labels, filters, report.at('weighted_clusters'))
    default:
      report.refuse('unsupported-field', specifier === undefined ? 'must name a cluster' : `'${specifier.$case}' is not supported`)
      return []
  }
}

/** The header with the number that chooses among weighted clusters. */
export function randomHeaderOf({ clusterSpecifier: specifier }: ProtoRouteAction): string | null {
  const random = specifier?.$case === 'weightedClusters' ? specifier.value.randomValueSpecifier : undefined
  return random === undefined ? null : random.value.toLowerCase()
}

const ONLY: WeightedCluster = {
  name: '',
  fromHeader: null,
  weight: 1,
  headers: NO_HEADER_MUTATIONS,
  perFilter: new Map(),
  hostRewrite: null,
  metadataMatch: {},
}

type Labels = Readonly<Record<string, unknown>>

function decodeWeighted(
  weighted: ProtoWeightedCluster,
  labels: Labels,
  filters: FilterCatalog,
  report: Report,
): readonly WeightedCluster[] {
  refuseOtherFields(weighted, WEIGHTED_FIELDS, report)
  const clusters = weighted.clusters.map((cluster, i) => decodeWeight(cluster, labels, filters, report.at('clusters', i)))
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0)
  if (total < 1 || total > 0xffff_ffff) report.refuse('weight-sum', 'the sum of all weights must be from 1 to 4294967295')
  return clusters
}

function decodeWeight(cluster: WeightedCluster_ClusterWeight, labels: Labels, filters: FilterCatalog, report: Report): WeightedCluster {
  refuseOtherFields(cluster, WEIGHT_FIELDS, report)
  const fromHeader = cluster.clusterHeader === '' ? null : headerName(cluster.clusterHeader, report.at('cluster_header'))
  if (fromHeader !== null && cluster.name !== '') report.at('cluster_header').refuse('two-names', "must not stand beside 'name'")
  return {
    name: fromHeader === null ? required(cluster.name, report.at('name')) : '',
    fromHeader,
    weight: cluster.weight ?? 0,
    headers: decodeHeaderMutations(cluster, report),
    perFilter: decodePerFilter(cluster.typedPerFilterConfig, filters, report),
    hostRewrite: cluster.hostRewriteSpecifier?.value ?? null,
    metadataMatch: { ...labels, ...loadBalancerLabels(cluster.metadataMatch) },
  }
}

/** Only `envoy.lb` counts for the choice of hosts (RouteAction.metadata_match). */
export function loadBalancerLabels(metadata: Metadata | undefined): Labels {
  return metadata?.filterMetadata['envoy.lb'] ?? {}
}
