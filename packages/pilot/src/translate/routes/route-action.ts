import type { Destination, HttpRoute } from '@meshwork/config/kinds'
import {
  RouteAction,
  type RouteAction_RequestMirrorPolicy,
  RouteAction_RequestMirrorPolicy as MirrorPolicy,
  WeightedCluster_ClusterWeight,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import { duration } from '../envoy/duration.ts'
import { fractionOf } from '../envoy/fraction.ts'
import { type DestinationContext, resolveDestination, type ResolvedDestination } from './destination.ts'
import { buildHashPolicy } from './hash-policy.ts'
import { headerFields, hostSetBy } from './header-options.ts'
import { mixerSettings } from './mixer-settings.ts'
import { buildRetryPolicy } from './retry-policy.ts'

/** Where matched requests go, and how they are changed, repeated and limited on the way. */
export function buildRouteAction(rule: HttpRoute, context: DestinationContext): RouteAction {
  const retryPolicy = buildRetryPolicy(rule.retries)
  return RouteAction.fromPartial({
    clusterSpecifier: clusterSpecifier(rule, context),
    ...timeouts(rule.timeoutMs ?? 0),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    ...pathRewrite(rule),
    ...hostRewrite(rule),
    requestMirrorPolicies: mirrors(rule, context),
    hashPolicy: hashPolicies(rule, context),
  })
}

/** The action of a service without rules. */
export function buildPlainAction(cluster: string, facts: Pick<ResolvedDestination, 'facts' | 'port'> | undefined): RouteAction {
  const hash = facts?.facts?.hashes.find(h => h.port === facts.port && h.subset === '')?.hash
  return RouteAction.fromPartial({
    clusterSpecifier: { $case: 'cluster', value: cluster },
    ...timeouts(0),
    retryPolicy: buildRetryPolicy(undefined),
    hashPolicy: hash === undefined ? [] : buildHashPolicy(hash),
  })
}

/**
 * 0: no limit. The limit also caps a caller's `grpc-timeout`, which without one counts as it is. The older field for it is
 * meant: with its successor, `max_stream_duration`, Envoy no longer looks at `timeout`.
 */
export function timeouts(ms: number): Pick<RouteAction, 'timeout' | 'maxGrpcTimeout'> {
  return { timeout: duration(ms), maxGrpcTimeout: duration(ms) }
}

function clusterSpecifier(rule: HttpRoute, context: DestinationContext): NonNullable<RouteAction['clusterSpecifier']> {
  const [first] = rule.route
  if (first !== undefined && rule.route.length === 1) {
    return { $case: 'cluster', value: resolveDestination(first.destination, context).cluster }
  }
  const clusters = rule.route
    .filter(entry => entry.weight > 0)
    .map(entry => ({ entry, resolved: resolveDestination(entry.destination, context) }))
    .map(({ entry, resolved }) =>
      WeightedCluster_ClusterWeight.fromPartial({
        name: resolved.cluster,
        weight: entry.weight,
        typedPerFilterConfig: mixerSettings(context.mixer, resolved.facts),
        ...headerFields(entry.headers),
        ...literalHost(hostSetBy(entry.headers)),
      }),
    )
  return { $case: 'weightedClusters', value: { clusters, totalWeight: undefined, runtimeKeyPrefix: '', randomValueSpecifier: undefined } }
}

function pathRewrite(rule: HttpRoute): Partial<RouteAction> {
  const regex = rule.rewrite?.uriRegexRewrite
  if (regex !== undefined) {
    return { regexRewrite: { pattern: { engineType: undefined, regex: regex.match }, substitution: regex.rewrite } }
  }
  return rule.rewrite?.uri === undefined ? {} : { prefixRewrite: rule.rewrite.uri }
}

function hostRewrite(rule: HttpRoute): Partial<RouteAction> {
  const only = rule.route.length === 1 ? rule.route[0] : undefined
  const host = (only === undefined ? undefined : hostSetBy(only.headers)) ?? hostSetBy(rule.headers) ?? rule.rewrite?.authority
  return literalHost(host)
}

interface LiteralHost {
  readonly hostRewriteSpecifier?: { $case: 'hostRewriteLiteral'; value: string }
}

function literalHost(host: string | undefined): LiteralHost {
  return host === undefined ? {} : { hostRewriteSpecifier: { $case: 'hostRewriteLiteral', value: host } }
}

function mirrors(rule: HttpRoute, context: DestinationContext): RouteAction_RequestMirrorPolicy[] {
  const older = rule.mirror === undefined ? [] : [{ destination: rule.mirror, percent: rule.mirrorPercent ?? 100 }]
  return [...older, ...rule.mirrors]
    .filter(mirror => mirror.percent > 0)
    .map(mirror => mirrorPolicy(mirror.destination, mirror.percent, context))
}

function mirrorPolicy(destination: Destination, percent: number, context: DestinationContext): RouteAction_RequestMirrorPolicy {
  return MirrorPolicy.fromPartial({
    cluster: resolveDestination(destination, context).cluster,
    runtimeFraction: { defaultValue: fractionOf(percent) },
    // The copy names the host that the original named.
    disableShadowHostSuffixAppend: true,
  })
}

/** One route may have destinations that hash differently; Envoy hashes once per route, so the first with a hash decides. */
function hashPolicies(rule: HttpRoute, context: DestinationContext): RouteAction['hashPolicy'] {
  for (const entry of rule.route) {
    const { facts, port, subset } = resolveDestination(entry.destination, context)
    const hash = facts?.hashes.find(h => h.port === port && h.subset === subset)?.hash
    if (hash !== undefined) return buildHashPolicy(hash)
  }
  return []
}
