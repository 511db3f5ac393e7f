import type { CorsPolicy as CorsRule } from '@meshwork/config/kinds'
import { CorsPolicy } from '@meshwork/protos/envoy/extensions/filters/http/cors/v3/cors'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { packAny } from '@meshwork/protos/any'
import { fractionOf } from '../envoy/fraction.ts'
import { CORS_POLICY } from '../envoy/messages.ts'
import { ANY_TEXT, stringMatcher } from './string-matcher.ts'

/** The settings of Envoy's CORS filter for one route. `Access-Control-Max-Age` is in whole seconds (Fetch standard). */
export function buildCors(rule: CorsRule): Any {
  return packAny(
    CORS_POLICY,
    CorsPolicy.fromPartial({
      allowOriginStringMatch: rule.allowOrigins.map(origin => stringMatcher(origin) ?? ANY_TEXT),
      allowMethods: rule.allowMethods.join(','),
      allowHeaders: rule.allowHeaders.join(','),
      exposeHeaders: rule.exposeHeaders.join(','),
      ...(rule.maxAgeMs === undefined ? {} : { maxAge: String(Math.trunc(rule.maxAgeMs / 1000)) }),
      ...(rule.allowCredentials === undefined ? {} : { allowCredentials: rule.allowCredentials }),
      filterEnabled: { defaultValue: fractionOf(100) },
      forwardNotMatchingPreflights: rule.unmatchedPreflights !== 'IGNORE',
    }),
  )
}
