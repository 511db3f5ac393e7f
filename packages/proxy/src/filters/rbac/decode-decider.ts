import { Action, type RBAC } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import type { Matcher as ProtoMatcher } from '@meshwork/protos/xds/type/matcher/v3/matcher'
import { decodeMatcher } from '../../decode/matcher.ts'
import type { Report } from '../../decode/report.ts'
import { required } from '../../decode/scalars.ts'
import { unpack } from '../../decode/unpack.ts'
import type { MatcherInput } from '../../model/matcher.ts'
import { RBAC_ACTIONS } from './actions.ts'
import type { RbacDecider } from './decision.ts'
import { decodeRules } from './decode-rules.ts'
import { RbacEngine } from './engine.ts'
import { RbacMatcherEngine } from './matcher-engine.ts'

const ACTION = 'type.googleapis.com/envoy.config.rbac.v3.Action'

/** What may be looked at before any request. */
export const CONNECTION_INPUTS: ReadonlySet<MatcherInput['kind']> = new Set<MatcherInput['kind']>([
  'destination-ip',
  'destination-port',
  'source-ip',
  'source-port',
  'direct-source-ip',
  'source-type',
  'server-name',
  'uri-san',
  'dns-san',
  'subject',
])

export const REQUEST_INPUTS: ReadonlySet<MatcherInput['kind']> = new Set<MatcherInput['kind']>([
  ...CONNECTION_INPUTS,
  'header',
  'query-parameter',
])

/** Rules in the form that is set; a matcher goes before `rules`, as in Envoy. null: neither is set. */
export function decodeDecider(
  rules: RBAC | undefined,
  matcher: ProtoMatcher | undefined,
  inputs: ReadonlySet<MatcherInput['kind']>,
  places: { readonly rules: Report; readonly matcher: Report },
): RbacDecider | null {
  if (matcher === undefined) return rules === undefined ? null : new RbacEngine(decodeRules(rules, places.rules))
  const decoded = decodeMatcher(
    matcher,
    {
      inputs,
      decodeAction: (config, report) => {
        const action = unpack(config, ACTION, Action, report)
        if (action === null) return null
        const known = RBAC_ACTIONS.get(action.action)
        if (known === undefined) report.at('action').refuse('unknown-value', `${action.action} is not an action`)
        return { name: required(action.name, report.at('name')), action: known ?? 'deny' }
      },
    },
    places.matcher,
  )
  return new RbacMatcherEngine(decoded)
}
