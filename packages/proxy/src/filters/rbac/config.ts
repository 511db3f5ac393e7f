import { RBAC, RBACPerRoute } from '@meshwork/protos/envoy/extensions/filters/http/rbac/v3/rbac'
import { codecFor } from '../../decode/define-codec.ts'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { decodeDecider, REQUEST_INPUTS } from './decode-decider.ts'
import { rbacBlueprint, RbacSettings } from './filter.ts'

const FIELDS: FieldPolicy<RBAC> = {
  read: ['rules', 'matcher', 'rulesStatPrefix', 'shadowRules', 'shadowMatcher', 'shadowRulesStatPrefix', 'trackPerRuleStats'],
  harmless: [],
}

export const rbacCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC',
  decode: codecFor(RBAC, FIELDS, (message, report) => rbacBlueprint(readRbac(message, report))),
  perRoute: {
    typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute',
    decode: codecFor(RBACPerRoute, { read: ['rbac'], harmless: [] }, ({ rbac }, report) => {
      // Without rules the filter does nothing there.
      if (rbac === undefined) return NOTHING
      refuseOtherFields(rbac, FIELDS, report.at('rbac'))
      return readRbac(rbac, report.at('rbac'))
    }),
  },
}

const NOTHING = new RbacSettings(null, null, '', '', false)

function readRbac(message: RBAC, report: Report): RbacSettings {
  const enforced = decodeDecider(message.rules, message.matcher, REQUEST_INPUTS, {
    rules: report.at('rules'),
    matcher: report.at('matcher'),
  })
  const shadow = decodeDecider(message.shadowRules, message.shadowMatcher, REQUEST_INPUTS, {
    rules: report.at('shadow_rules'),
    matcher: report.at('shadow_matcher'),
  })
  return new RbacSettings(enforced, shadow, message.rulesStatPrefix, message.shadowRulesStatPrefix, message.trackPerRuleStats)
}
