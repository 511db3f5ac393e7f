import { type Permission, type Principal, type RBAC } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import { UriTemplateMatchConfig } from '@meshwork/protos/envoy/extensions/path/match/uri_template/v3/uri_template_match'
import { decodeCidr } from '../../decode/address.ts'
import { refuseOtherFields } from '../../decode/field-policy.ts'
import type { Report } from '../../decode/report.ts'
import { decodeHeaderMatch } from '../../decode/header-match.ts'
import { decodeMetadataMatch } from '../../decode/metadata-match.ts'
import { decodeStringMatch } from '../../decode/string-match.ts'
import { RBAC_ACTIONS } from './actions.ts'
import type { Condition, RbacPolicy, RbacRules } from './rules.ts'
import { uriTemplateRegex } from './uri-template.ts'

const NEVER: Condition = { kind: 'or', of: [] }

/** Conditions may nest; deeper than this is no policy that a person wrote. */
const MAX_DEPTH = 32

/** Also used for connections, where what only requests have never holds. */
export function decodeRules(rules: RBAC, report: Report): RbacRules {
  refuseOtherFields(rules, { read: ['action', 'policies'], harmless: [] }, report)
  const action = RBAC_ACTIONS.get(rules.action)
  if (action === undefined) report.at('action').refuse('unknown-value', `${rules.action} is not an action`)
  // Envoy keeps policies by name in a sorted map: the first in this order is the one that is named.
  const policies = Object.entries(rules.policies).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    action: action ?? 'deny',
    policies: policies.map(([name, policy]): RbacPolicy => {
      const at = report.at(`policies["${name}"]`)
      refuseOtherFields(policy, { read: ['permissions', 'principals'], harmless: [] }, at)
      if (policy.permissions.length === 0) at.at('permissions').refuse('required', 'must not be empty')
      if (policy.principals.length === 0) at.at('principals').refuse('required', 'must not be empty')
      return {
        name,
        permissions: policy.permissions.map((permission, i) => decodePermission(permission, at.at('permissions', i), 0)),
        principals: policy.principals.map((principal, i) => decodePrincipal(principal, at.at('principals', i), 0)),
      }
    }),
  }
}

function decodePermission({ rule }: Permission, report: Report, depth: number): Condition {
  if (tooDeep(depth, report)) return NEVER
  switch (rule?.$case) {
    case 'andRules':
    case 'orRules': {
      const field = rule.$case === 'andRules' ? 'and_rules' : 'or_rules'
      const of = rule.value.rules.map((inner, i) => decodePermission(inner, report.at(field, 'rules', i), depth + 1))
      return { kind: rule.$case === 'andRules' ? 'and' : 'or', of }
    }
    case 'notRule':
      return { kind: 'not', of: decodePermission(rule.value, report.at('not_rule'), depth + 1) }
    case 'requestedServerName':
      return { kind: 'requested-server-name', match: decodeStringMatch(rule.value, report.at('requested_server_name')) }
    case 'destinationIp':
      return { kind: 'destination-ip', range: decodeCidr(rule.value, report.at('destination_ip')) }
    case 'destinationPort':
      return { kind: 'destination-port', start: rule.value, end: rule.value + 1 }
    case 'destinationPortRange':
      return { kind: 'destination-port', start: rule.value.start, end: rule.value.end }
    case 'uriTemplate':
      return decodeUriTemplate(rule.value, report.at('uri_template'))
    case 'matcher':
      report.at('matcher').refuse('unknown-type', `${rule.value.typedConfig?.typeUrl ?? ''} is not supported`)
      return NEVER
    default:
      return decodeShared(rule, report)
  }
}

function decodePrincipal({ identifier }: Principal, report: Report, depth: number): Condition {
  if (tooDeep(depth, report)) return NEVER
  switch (identifier?.$case) {
    case 'andIds':
    case 'orIds': {
      const field = identifier.$case === 'andIds' ? 'and_ids' : 'or_ids'
      const of = identifier.value.ids.map((inner, i) => decodePrincipal(inner, report.at(field, 'ids', i), depth + 1))
      return { kind: identifier.$case === 'andIds' ? 'and' : 'or', of }
    }
    case 'notId':
      return { kind: 'not', of: decodePrincipal(identifier.value, report.at('not_id'), depth + 1) }
    case 'authenticated': {
      const name = identifier.value.principalName
      return {
        kind: 'authenticated',
        name: name === undefined ? null : decodeStringMatch(name, report.at('authenticated', 'principal_name')),
      }
    }
    case 'sourceIp':
    case 'directRemoteIp':
    case 'remoteIp': {
      const field = { sourceIp: 'source_ip', directRemoteIp: 'direct_remote_ip', remoteIp: 'remote_ip' }[identifier.$case]
      const of = identifier.$case === 'remoteIp' ? 'remote' : 'direct'
      return { kind: 'source-ip', of, range: decodeCidr(identifier.value, report.at(field)) }
    }
    case 'filterState':
      report.at('filter_state').refuse('unsupported-field', 'is not supported')
      return NEVER
    default:
      return decodeShared(identifier, report)
  }
}

type SharedKind = Extract<Permission['rule'], { $case: 'any' | 'header' | 'urlPath' | 'metadata' }>

/** Kinds that permissions and principals both have. */
function decodeShared(rule: SharedKind | undefined, report: Report): Condition {
  switch (rule?.$case) {
    case 'any':
      return rule.value ? { kind: 'any' } : NEVER
    case 'header':
      return { kind: 'header', match: decodeHeaderMatch(rule.value, report.at('header')) }
    case 'urlPath':
      return { kind: 'url-path', match: decodeStringMatch(rule.value.rule?.value, report.at('url_path', 'path')) }
    case 'metadata':
      return { kind: 'metadata', match: decodeMetadataMatch(rule.value, report.at('metadata')) }
    case undefined:
      report.refuse('required', 'must say what to match')
      return NEVER
  }
}

function decodeUriTemplate({ typedConfig }: TypedExtensionConfig, report: Report): Condition {
  if (typedConfig?.typeUrl !== 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig') {
    report.at('typed_config').refuse('unknown-type', `${typedConfig?.typeUrl ?? ''} is not supported`)
    return NEVER
  }
  const regex = uriTemplateRegex(UriTemplateMatchConfig.decode(typedConfig.value).pathTemplate)
  if (regex === null) report.at('typed_config', 'path_template').refuse('bad-template', 'is not a URI template')
  return regex === null ? NEVER : { kind: 'uri-template', regex }
}

function tooDeep(depth: number, report: Report): boolean {
  if (depth <= MAX_DEPTH) return false
  report.refuse('too-deep', `has more than ${MAX_DEPTH} levels`)
  return true
}
