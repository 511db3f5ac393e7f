import { RBAC, RBAC_EnforcementType } from '@meshwork/protos/envoy/extensions/filters/network/rbac/v3/rbac'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { required } from '../../decode/scalars.ts'
import { CONNECTION_INPUTS, decodeDecider } from '../../filters/rbac/decode-decider.ts'
import type { NetworkFilterCodec } from '../codec.ts'
import { networkRbac } from './filter.ts'

const FIELDS: FieldPolicy<RBAC> = {
  read: ['rules', 'matcher', 'shadowRules', 'shadowMatcher', 'shadowRulesStatPrefix', 'statPrefix', 'enforcementType'],
  harmless: [],
}

export const networkRbacCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC',
  decode: (bytes, report) => {
    const rbac = RBAC.decode(bytes)
    refuseOtherFields(rbac, FIELDS, report)
    if (rbac.enforcementType !== RBAC_EnforcementType.ONE_TIME_ON_FIRST_BYTE) {
      report.at('enforcement_type').refuse('unsupported-field', 'only ONE_TIME_ON_FIRST_BYTE is supported')
    }
    return networkRbac({
      statPrefix: required(rbac.statPrefix, report.at('stat_prefix')),
      shadowPrefix: rbac.shadowRulesStatPrefix,
      enforced: decodeDecider(rbac.rules, rbac.matcher, CONNECTION_INPUTS, {
        rules: report.at('rules'),
        matcher: report.at('matcher'),
      }),
      shadow: decodeDecider(rbac.shadowRules, rbac.shadowMatcher, CONNECTION_INPUTS, {
        rules: report.at('shadow_rules'),
        matcher: report.at('shadow_matcher'),
      }),
    })
  },
}
