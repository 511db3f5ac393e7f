import { RBAC, RBACPerRoute } from '@meshwork/protos/envoy/extensions/filters/http/rbac/v3/rbac'
import { codecFor } from '../../decode/define-codec.ts'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { decodeRules } from './decode-rules.ts'
import { rbacBlueprint, RbacSettings } from './filter.ts'
import { RbacEngine } from './engine.ts'

const FIELDS: FieldPolicy<RBAC> = {
  read: ['rules', 'rulesStatPrefix', 'shadowRules', 'shadowRulesStatPrefix', 'trackPerRuleStats'],
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
  const { rules, shadowRules } = message
  const enforced = rules === undefined ? null : new RbacEngine(decodeRules(rules, report.at('rules')))
  const shadow = shadowRules === undefined ? null : new RbacEngine(decodeRules(shadowRules, report.at('shadow_rules')))
  return new RbacSettings(enforced, shadow, message.rulesStatPrefix, message.shadowRulesStatPrefix, message.trackPerRuleStats)
}
