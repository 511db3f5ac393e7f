import type { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { RBAC as HttpRbac } from '@meshwork/protos/envoy/extensions/filters/http/rbac/v3/rbac'
import { RBAC as NetworkRbac } from '@meshwork/protos/envoy/extensions/filters/network/rbac/v3/rbac'
import { type MessageType, packAny } from '@meshwork/protos/any'
import { buildHttpExtAuthz, buildNetworkExtAuthz } from './ext-authz.ts'
import type { SecuritySettings } from './inputs.ts'
import { HTTP_EXT_AUTHZ, HTTP_RBAC, JWT_AUTHN, NETWORK_EXT_AUTHZ, NETWORK_RBAC } from './messages.ts'
import { customStages, type RulesStage, ruleStages } from './rule-stages.ts'
import { JWT_FILTER } from './token-metadata.ts'
import { buildTokenFilter } from './token-filter.ts'

const RBAC = 'envoy.filters.http.rbac'
const EXT_AUTHZ = 'envoy.filters.http.ext_authz'

/**
 * The filters that decide about requests, in Istio's order: services that are asked (they may do the login themselves), tokens,
 * then AUDIT, DENY and ALLOW, which know all that the ones before found out.
 */
export function buildSecurityFilters(settings: SecuritySettings | null): HttpFilter[] {
  if (settings === null) return []
  const custom = customStages(settings, true).flatMap(({ rules, ask }) => [
    httpFilter(RBAC, HTTP_RBAC, httpRules(rules)),
    ...(ask === null ? [] : [httpFilter(EXT_AUTHZ, HTTP_EXT_AUTHZ, buildHttpExtAuthz(ask))]),
  ])
  const tokens = settings.tokens.length === 0 ? [] : [httpFilter(JWT_FILTER, JWT_AUTHN, buildTokenFilter(settings.tokens))]
  return [...custom, ...tokens, ...ruleStages(settings, true).map(stage => httpFilter(RBAC, HTTP_RBAC, httpRules(stage)))]
}

/** The filters that decide about connections whose bytes are opaque. */
export function buildSecurityNetworkFilters(settings: SecuritySettings | null): Filter[] {
  if (settings === null) return []
  const custom = customStages(settings, false).flatMap(({ rules, ask }) => [
    networkFilter('envoy.filters.network.rbac', NETWORK_RBAC, networkRules(rules)),
    ...(ask === null ? [] : [networkFilter('envoy.filters.network.ext_authz', NETWORK_EXT_AUTHZ, buildNetworkExtAuthz(ask))]),
  ])
  const stages = ruleStages(settings, false)
  return [...custom, ...stages.map(stage => networkFilter('envoy.filters.network.rbac', NETWORK_RBAC, networkRules(stage)))]
}

function httpRules({ enforced, shadow, shadowPrefix }: RulesStage): HttpRbac {
  return HttpRbac.fromPartial({ rules: enforced, shadowRules: shadow, shadowRulesStatPrefix: shadowPrefix })
}

function networkRules({ enforced, shadow, shadowPrefix }: RulesStage): NetworkRbac {
  return NetworkRbac.fromPartial({ rules: enforced, shadowRules: shadow, shadowRulesStatPrefix: shadowPrefix, statPrefix: 'tcp.' })
}

function httpFilter<T>(name: string, type: MessageType<T>, message: T): HttpFilter {
  return { name, configType: { $case: 'typedConfig', value: packAny(type, message) }, isOptional: false, disabled: false }
}

function networkFilter<T>(name: string, type: MessageType<T>, message: T): Filter {
  return { name, configType: { $case: 'typedConfig', value: packAny(type, message) } }
}
