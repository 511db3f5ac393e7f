import { CsrfPolicy } from '@meshwork/protos/envoy/extensions/filters/http/csrf/v3/csrf'
import { codecFor, runtimeShare } from '../../decode/define-codec.ts'
import type { FieldPolicy } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { decodeStringMatch } from '../../decode/string-match.ts'
import { compileStringMatch } from '../../route/match-string.ts'
import { csrfBlueprint, CsrfSettings } from './filter.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.csrf.v3.CsrfPolicy'
const FIELDS: FieldPolicy<CsrfPolicy> = { read: ['filterEnabled', 'shadowEnabled', 'additionalOrigins'], harmless: [] }

export const csrfCodec: HttpFilterCodec = {
  typeUrl: TYPE,
  decode: codecFor(CsrfPolicy, FIELDS, (message, report) => csrfBlueprint(readPolicy(message, report))),
  perRoute: { typeUrl: TYPE, decode: codecFor(CsrfPolicy, FIELDS, readPolicy) },
}

function readPolicy(policy: CsrfPolicy, report: Report): CsrfSettings {
  if (policy.filterEnabled === undefined) report.at('filter_enabled').refuse('required', 'must be set')
  return new CsrfSettings(
    policy.additionalOrigins.map((matcher, i) => compileStringMatch(decodeStringMatch(matcher, report.at('additional_origins', i)))),
    runtimeShare(policy.filterEnabled, 0),
    runtimeShare(policy.shadowEnabled, 0),
  )
}
