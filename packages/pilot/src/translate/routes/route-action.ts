import type { ConsistentHash, Destination, HttpRetry, HttpRoute } from '@meshwork/config/kinds'
import {
  type RetryPolicy,
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

const EMPTY_ACTION = RouteAction.fromPartial({})

/** Where matched requests go, and how they are changed, repeated and limited on the way. */
export function buildRouteAction(rule: HttpRoute, context: DestinationContext): RouteAction {
  const retryPolicy = retryPolicyOf(rule, context)
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
export function buildPlainAction(
  cluster: string,
  { facts, port }: Pick<ResolvedDestination, 'facts' | 'port'>,
  defaultRetries: HttpRetry | undefined,
): RouteAction {
  const hash = hashOf({ facts, port, subset: '' })
  const retryPolicy = buildRetryPolicy(defaultRetries, hash !== undefined)
  return {
    ...EMPTY_ACTION,
    clusterSpecifier: { $case: 'cluster', value: cluster },
    ...timeouts(0),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    hashPolicy: hash === undefined ? [] : buildHashPolicy(hash),
  }
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
  return (rule.rewrite?.uri ?? '') === '' ? {} : { prefixRewrite: rule.rewrite?.uri ?? '' }
}

/** A host that the route sets beats one that its only destination sets. */
function hostRewrite(rule: HttpRoute): Partial<RouteAction> {
  const only = rule.route.length === 1 ? rule.route[0] : undefined
  const ofRoute = rule.rewrite?.authority || hostSetBy(rule.headers)
  return literalHost(ofRoute || (only === undefined ? undefined : hostSetBy(only.headers)))
}

interface LiteralHost {
  readonly hostRewriteSpecifier?: { $case: 'hostRewriteLiteral'; value: string }
}

function literalHost(host: string | undefined): LiteralHost {
  return host === undefined || host === '' ? {} : { hostRewriteSpecifier: { $case: 'hostRewriteLiteral', value: host } }
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

/** Envoy hashes once per route, over what all destinations ask for. */
function hashPolicies(rule: HttpRoute, context: DestinationContext): RouteAction['hashPolicy'] {
  const hashes = new Set(rule.route.map(({ destination }) => hashOf(resolveDestination(destination, context))))
  return [...hashes].flatMap(hash => (hash === undefined ? [] : buildHashPolicy(hash)))
}

function hashOf({ facts, port, subset }: Pick<ResolvedDestination, 'facts' | 'port' | 'subset'>): ConsistentHash | undefined {
  return facts?.hashes.find(one => one.port === port && one.subset === subset)?.hash
}

/** What the route says of retries, else what the mesh says. A request that its hash sends to one endpoint may be repeated there. */
function retryPolicyOf(rule: HttpRoute, context: DestinationContext): RetryPolicy | undefined {
  const [only] = rule.route
  const hashed = only !== undefined && rule.route.length === 1 && hashOf(resolveDestination(only.destination, context)) !== undefined
  return buildRetryPolicy(rule.retries ?? context.defaultRetries, hashed)
}
