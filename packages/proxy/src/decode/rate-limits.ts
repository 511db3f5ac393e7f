import type { RateLimit, RateLimit_Action } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { RateLimitAction, RateLimitRule } from '../model/rate-limit.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeHeaderMatch } from './header-match.ts'
import type { Report } from './report.ts'
import { required } from './scalars.ts'

// What overrides limits, and the key that a runtime would switch a rule off by, is for rate limit services.
const FIELDS: FieldPolicy<RateLimit> = { read: ['stage', 'actions'], harmless: ['disableKey', 'limit'] }

/** Rate limits of a route or virtual host. */
export function decodeRateLimits(limits: readonly RateLimit[], report: Report): readonly RateLimitRule[] {
  return limits.map((limit, i) => {
    const inner = report.at('rate_limits', i)
    refuseOtherFields(limit, FIELDS, inner)
    if (limit.actions.length === 0) inner.at('actions').refuse('required', 'must not be empty')
    return { stage: limit.stage ?? 0, actions: limit.actions.flatMap((action, j) => decodeAction(action, inner.at('actions', j)) ?? []) }
  })
}

function decodeAction({ actionSpecifier: action }: RateLimit_Action, report: Report): RateLimitAction | null {
  switch (action?.$case) {
    case 'genericKey': {
      const { descriptorKey, descriptorValue } = action.value
      return {
        kind: 'text',
        key: descriptorKey || 'generic_key',
        value: required(descriptorValue, report.at('generic_key', 'descriptor_value')),
      }
    }
    case 'destinationCluster':
      return { kind: 'destination-cluster' }
    case 'remoteAddress':
      return { kind: 'remote-address' }
    case 'requestHeaders': {
      const { headerName, descriptorKey, skipIfAbsent } = action.value
      const inner = report.at('request_headers')
      const name = required(headerName, inner.at('header_name')).toLowerCase()
      return { kind: 'header', key: required(descriptorKey, inner.at('descriptor_key')), name, optional: skipIfAbsent }
    }
    case 'headerValueMatch': {
      const { descriptorKey, descriptorValue, expectMatch, headers } = action.value
      const inner = report.at('header_value_match')
      return {
        kind: 'headers-match',
        key: descriptorKey || 'header_match',
        value: required(descriptorValue, inner.at('descriptor_value')),
        expected: expectMatch ?? true,
        headers: headers.map((header, i) => decodeHeaderMatch(header, inner.at('headers', i))),
      }
    }
    default:
      report.refuse('unsupported-field', `'${action?.$case ?? 'nothing'}' is not supported`)
      return null
  }
}
