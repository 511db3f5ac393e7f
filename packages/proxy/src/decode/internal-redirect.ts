import { messageOf } from '@meshwork/core/result'
import {
  type InternalRedirectPolicy as ProtoPolicy,
  type RouteAction as ProtoRouteAction,
  RouteAction_InternalRedirectAction,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import { AllowListedRoutesConfig } from '@meshwork/protos/envoy/extensions/internal_redirect/allow_listed_routes/v3/allow_listed_routes_config'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { InternalRedirectPolicy } from '../model/route.ts'
import type { Report } from './report.ts'

const PREFIX = 'type.googleapis.com/envoy.extensions.internal_redirect.'
const ALLOWED = `${PREFIX}allow_listed_routes.v3.AllowListedRoutesConfig`
const PREVIOUS = `${PREFIX}previous_routes.v3.PreviousRoutesConfig`
const SAFE_CROSS_SCHEME = `${PREFIX}safe_cross_scheme.v3.SafeCrossSchemeConfig`

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** InternalRedirectPolicy.redirect_response_codes: 302 unless set. */
const DEFAULT_STATUSES: readonly number[] = [302]

/** `internal_redirect_policy`, or the two older fields that say a part of it. */
export function decodeInternalRedirect(action: ProtoRouteAction, report: Report): InternalRedirectPolicy | null {
  const { internalRedirectPolicy: policy } = action
  if (policy !== undefined) return decodePolicy(policy, report.at('internal_redirect_policy'))
  if (action.internalRedirectAction !== RouteAction_InternalRedirectAction.HANDLE_INTERNAL_REDIRECT) return null
  return {
    maxRedirects: action.maxInternalRedirects ?? 1,
    statuses: DEFAULT_STATUSES,
    crossScheme: 'no',
    allowedRoutes: null,
    refusePreviousRoutes: false,
    copyHeaders: [],
  }
}

function decodePolicy(policy: ProtoPolicy, report: Report): InternalRedirectPolicy {
  for (const name of policy.responseHeadersToCopy) {
    if (name.startsWith(':')) report.at('response_headers_to_copy').refuse('bad-header-name', `'${name}' cannot be copied`)
  }
  const known = policy.redirectResponseCodes.filter(status => STATUSES.has(status))
  const predicates = policy.predicates.map(({ typedConfig, name }, i) => decodePredicate(typedConfig, name, report.at('predicates', i)))
  const safe = predicates.some(({ kind }) => kind === 'safe-cross-scheme')
  return {
    maxRedirects: policy.maxInternalRedirects ?? 1,
    statuses: policy.redirectResponseCodes.length === 0 ? DEFAULT_STATUSES : known,
    crossScheme: policy.allowCrossSchemeRedirect ? (safe ? 'safe' : 'yes') : 'no',
    allowedRoutes: predicates.find(predicate => predicate.kind === 'allowed')?.routes ?? null,
    refusePreviousRoutes: predicates.some(({ kind }) => kind === 'previous'),
    copyHeaders: policy.responseHeadersToCopy.map(name => name.toLowerCase()),
  }
}

type Predicate =
  | { readonly kind: 'allowed'; readonly routes: readonly string[] }
  | { readonly kind: 'previous' | 'safe-cross-scheme' | 'unknown'; readonly routes?: never }

function decodePredicate(config: Any | undefined, name: string, report: Report): Predicate {
  try {
    if (config?.typeUrl === ALLOWED) return { kind: 'allowed', routes: AllowListedRoutesConfig.decode(config.value).allowedRouteNames }
    if (config?.typeUrl === PREVIOUS) return { kind: 'previous' }
    if (config?.typeUrl === SAFE_CROSS_SCHEME) return { kind: 'safe-cross-scheme' }
    report.refuse('unsupported-field', `'${config?.typeUrl ?? name}' is not supported`)
  } catch (error) {
    report.at('typed_config').refuse('malformed', messageOf(error))
  }
  return { kind: 'unknown' }
}
