import {
  type RouteAction as ProtoRouteAction,
  RouteAction_ClusterNotFoundResponseCode,
  type WeightedCluster as ProtoWeightedCluster,
  type WeightedCluster_ClusterWeight,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import { RoutingPriority } from '@meshwork/protos/envoy/config/core/v3/base'
import type { RouteAction, WeightedCluster } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeHeaderMutations, HEADER_FIELDS, NO_HEADER_MUTATIONS } from './header-mutations.ts'
import { decodePerFilter } from './per-filter.ts'
import type { Report } from './report.ts'
import { decodeRetryPolicy } from './retry-policy.ts'
import { durationMs, regexText, required } from './scalars.ts'

const FIELDS: FieldPolicy<ProtoRouteAction> = {
  read: [
    'clusterSpecifier',
    'clusterNotFoundResponseCode',
    'prefixRewrite',
    'regexRewrite',
    'hostRewriteSpecifier',
    'timeout',
    'idleTimeout',
    'retryPolicy',
    'priority',
    'maxStreamDuration',
  ],
  harmless: [
    // Only hashing balancers read it, and clusters with those are refused.
    'hashPolicy',
    // `grpc-timeout` is not turned into a limit; the route's timeout is kept.
    'maxGrpcTimeout',
    'grpcTimeoutOffset',
    // Without a rate limit filter they do nothing.
    'rateLimits',
    'includeVhRateLimits',
    'earlyDataPolicy',
  ],
}

/** RouteAction.timeout: 15 seconds unless set. */
const DEFAULT_TIMEOUT_MS = 15_000

export function decodeRouteAction(action: ProtoRouteAction, filters: FilterCatalog, report: Report): RouteAction {
  refuseOtherFields(action, FIELDS, report)
  refuseOtherValues(action, report)
  const { idleTimeout, regexRewrite } = action
  return {
    kind: 'route',
    clusters: decodeClusters(action.clusterSpecifier, filters, report),
    timeoutMs: durationMs(action.timeout, DEFAULT_TIMEOUT_MS, report.at('timeout')),
    idleTimeoutMs: idleTimeout === undefined ? null : durationMs(idleTimeout, 0, report.at('idle_timeout')),
    retry: decodeRetryPolicy(action.retryPolicy, report.at('retry_policy')),
    prefixRewrite: action.prefixRewrite === '' ? null : action.prefixRewrite,
    regexRewrite:
      regexRewrite === undefined
        ? null
        : {
            pattern: regexText(regexRewrite.pattern?.regex ?? '', report.at('regex_rewrite', 'pattern', 'regex')),
            substitution: regexRewrite.substitution,
          },
    hostRewrite: decodeHostRewrite(action.hostRewriteSpecifier, report),
  }
}

/** Fields of which only one value is supported. */
function refuseOtherValues(action: ProtoRouteAction, report: Report): void {
  if (action.priority !== RoutingPriority.DEFAULT) report.at('priority').refuse('unsupported-field', 'is not supported')
  if (action.clusterNotFoundResponseCode !== RouteAction_ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE) {
    report.at('cluster_not_found_response_code').refuse('unsupported-field', 'must be SERVICE_UNAVAILABLE')
  }
  const duration = report.at('max_stream_duration', 'max_stream_duration')
  if (durationMs(action.maxStreamDuration?.maxStreamDuration, 0, duration) > 0) duration.refuse('unsupported-field', 'must be 0')
}

function decodeClusters(
  specifier: ProtoRouteAction['clusterSpecifier'],
  filters: FilterCatalog,
  report: Report,
): readonly WeightedCluster[] {
  if (specifier?.$case === 'cluster') {
    return [{ name: required(specifier.value, report.at('cluster')), weight: 1, headers: NO_HEADER_MUTATIONS, perFilter: new Map() }]
  }
  if (specifier?.$case === 'weightedClusters') return decodeWeighted(specifier.value, filters, report.at('weighted_clusters'))
  report.refuse('unsupported-field', specifier === undefined ? 'must name a cluster' : `'${specifier.$case}' is not supported`)
  return []
}

const WEIGHTED_FIELDS: FieldPolicy<ProtoWeightedCluster> = { read: ['clusters'], harmless: ['totalWeight', 'runtimeKeyPrefix'] }
const WEIGHT_FIELDS: FieldPolicy<WeightedCluster_ClusterWeight> = {
  read: ['name', 'weight', 'typedPerFilterConfig', ...HEADER_FIELDS],
  harmless: [],
}

function decodeWeighted(weighted: ProtoWeightedCluster, filters: FilterCatalog, report: Report): readonly WeightedCluster[] {
  refuseOtherFields(weighted, WEIGHTED_FIELDS, report)
  const clusters = weighted.clusters.map((cluster, i): WeightedCluster => {
    const inner = report.at('clusters', i)
    refuseOtherFields(cluster, WEIGHT_FIELDS, inner)
    return {
      name: required(cluster.name, inner.at('name')),
      weight: cluster.weight ?? 0,
      headers: decodeHeaderMutations(cluster, inner),
      perFilter: decodePerFilter(cluster.typedPerFilterConfig, filters, inner),
    }
  })
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0)
  if (total < 1 || total > 0xffff_ffff) report.refuse('weight-sum', 'the sum of all weights must be from 1 to 4294967295')
  return clusters
}

function decodeHostRewrite(specifier: ProtoRouteAction['hostRewriteSpecifier'], report: Report): RouteAction['hostRewrite'] {
  switch (specifier?.$case) {
    case 'hostRewriteLiteral':
      return { kind: 'literal', value: specifier.value }
    case 'autoHostRewrite':
      if (specifier.value === true) report.at('auto_host_rewrite').refuse('unsupported-field', 'is not supported')
      return { kind: 'none' }
    case 'hostRewriteHeader':
    case 'hostRewritePathRegex':
      report.refuse('unsupported-field', `'${specifier.$case}' is not supported`)
      return { kind: 'none' }
    case undefined:
      return { kind: 'none' }
  }
}
