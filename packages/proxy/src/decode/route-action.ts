import {
  type RouteAction as ProtoRouteAction,
  RouteAction_ClusterNotFoundResponseCode,
  type RouteAction_UpgradeConfig,
  type RouteMatch as ProtoRouteMatch,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import { RoutingPriority } from '@meshwork/protos/envoy/config/core/v3/base'
import type { Duration } from '@meshwork/protos/google/protobuf/duration'
import type { MaxStreamDuration, PathMatch, RouteAction, UpgradeRule } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeInternalRedirect } from './internal-redirect.ts'
import { decodeMirrors } from './mirror-policy.ts'
import { decodeRateLimits } from './rate-limits.ts'
import type { Report } from './report.ts'
import { decodeHashPolicies } from './hash-policy.ts'
import { decodeRetryPolicy } from './retry-policy.ts'
import { decodeHostRewrite, decodeRegexRewrite, decodeTemplateRewrite, refuseSeveralRewrites } from './rewrites.ts'
import { durationMs } from './scalars.ts'
import { decodeClusters, randomHeaderOf } from './weighted-clusters.ts'

const FIELDS: FieldPolicy<ProtoRouteAction> = {
  read: [
    'clusterSpecifier',
    'clusterNotFoundResponseCode',
    'metadataMatch',
    'prefixRewrite',
    'regexRewrite',
    'pathRewritePolicy',
    'hostRewriteSpecifier',
    'appendXForwardedHost',
    'timeout',
    'idleTimeout',
    'retryPolicy',
    'requestMirrorPolicies',
    'priority',
    'hashPolicy',
    'maxGrpcTimeout',
    'grpcTimeoutOffset',
    'upgradeConfigs',
    'internalRedirectPolicy',
    'internalRedirectAction',
    'maxInternalRedirects',
    'maxStreamDuration',
    'rateLimits',
    'includeVhRateLimits',
  ],
  harmless: [
    // About requests in the first flight of a TLS handshake, which are not taken.
    'earlyDataPolicy',
  ],
}

/** RouteAction.timeout: 15 seconds unless set. */
const DEFAULT_TIMEOUT_MS = 15_000

const NOT_FOUND_STATUS: ReadonlyMap<number, RouteAction['clusterNotFoundStatus']> = new Map([
  [RouteAction_ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE, 503],
  [RouteAction_ClusterNotFoundResponseCode.NOT_FOUND, 404],
  [RouteAction_ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR, 500],
])

/** `match` and `path`: what the route matches, as it was written and as it was decoded. */
export function decodeRouteAction(
  action: ProtoRouteAction,
  match: ProtoRouteMatch | undefined,
  path: PathMatch,
  filters: FilterCatalog,
  report: Report,
): RouteAction {
  refuseOtherFields(action, FIELDS, report)
  refuseSeveralRewrites(action, match, report)
  const { regexRewrite } = action
  return {
    kind: 'route',
    clusters: decodeClusters(action, filters, report),
    rateLimits: decodeRateLimits(action.rateLimits, report),
    includeHostRateLimits: action.includeVhRateLimits ?? false,
    randomHeader: randomHeaderOf(action),
    clusterNotFoundStatus: NOT_FOUND_STATUS.get(action.clusterNotFoundResponseCode) ?? 503,
    timeoutMs: durationMs(action.timeout, DEFAULT_TIMEOUT_MS, report.at('timeout')),
    idleTimeoutMs: optionalMs(action.idleTimeout, report.at('idle_timeout')),
    maxStreamDuration: decodeMaxStreamDuration(action, report),
    retry: decodeRetryPolicy(action.retryPolicy, report.at('retry_policy')),
    prefixRewrite: action.prefixRewrite === '' ? null : action.prefixRewrite,
    regexRewrite: regexRewrite === undefined ? null : decodeRegexRewrite(regexRewrite, report.at('regex_rewrite')),
    templateRewrite: decodeTemplateRewrite(action.pathRewritePolicy, path, report.at('path_rewrite_policy')),
    hostRewrite: decodeHostRewrite(action.hostRewriteSpecifier, report),
    appendForwardedHost: action.appendXForwardedHost,
    highPriority: action.priority === RoutingPriority.HIGH,
    hashPolicies: decodeHashPolicies(action.hashPolicy, report.at('hash_policy')),
    mirrors: decodeMirrors(action.requestMirrorPolicies, report),
    internalRedirect: decodeInternalRedirect(action, report),
    upgrades: decodeUpgrades(action.upgradeConfigs, report),
  }
}

function decodeMaxStreamDuration(action: ProtoRouteAction, report: Report): MaxStreamDuration {
  const { maxStreamDuration: duration } = action
  const inner = report.at('max_stream_duration')
  return {
    maxMs: optionalMs(duration?.maxStreamDuration, inner.at('max_stream_duration')),
    grpcTimeoutMaxMs: optionalMs(duration?.grpcTimeoutHeaderMax, inner.at('grpc_timeout_header_max')),
    grpcTimeoutOffsetMs: durationMs(duration?.grpcTimeoutHeaderOffset, 0, inner.at('grpc_timeout_header_offset')),
    grpcAsTimeoutMaxMs: optionalMs(action.maxGrpcTimeout, report.at('max_grpc_timeout')),
    grpcAsTimeoutOffsetMs: durationMs(action.grpcTimeoutOffset, 0, report.at('grpc_timeout_offset')),
  }
}

const UPGRADE_FIELDS: FieldPolicy<RouteAction_UpgradeConfig> = { read: ['upgradeType', 'enabled', 'connectConfig'], harmless: [] }

function decodeUpgrades(configs: readonly RouteAction_UpgradeConfig[], report: Report): ReadonlyMap<string, UpgradeRule> {
  const rules = new Map<string, UpgradeRule>()
  for (const [i, config] of configs.entries()) {
    const inner = report.at('upgrade_configs', i)
    const { upgradeType: type, enabled, connectConfig: connect } = config
    const name = type.toLowerCase()
    refuseOtherFields(config, UPGRADE_FIELDS, inner)
    if (rules.has(name)) inner.at('upgrade_type').refuse('repeated', `'${type}' is listed twice`)
    if (connect !== undefined && name !== 'connect') inner.at('connect_config').refuse('unsupported-field', 'is only for CONNECT')
    if (connect !== undefined) refuseOtherFields(connect, { read: [], harmless: [] }, inner.at('connect_config'))
    rules.set(name, { enabled: enabled ?? true, terminatesConnect: connect !== undefined })
  }
  return rules
}

function optionalMs(duration: Duration | undefined, report: Report): number | null {
  return duration === undefined ? null : durationMs(duration, 0, report)
}
