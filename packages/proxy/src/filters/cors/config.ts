import { Cors, CorsPolicy } from '@meshwork/protos/envoy/extensions/filters/http/cors/v3/cors'
import { ALL_PPM, codecFor, runtimeShare } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { decodeStringMatch } from '../../decode/string-match.ts'
import { compileStringMatch } from '../../route/match-string.ts'
import { corsBlueprint, CorsSettings } from './filter.ts'

export const corsCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors',
  decode: codecFor(Cors, { read: [], harmless: [] }, () => corsBlueprint()),
  perRoute: {
    typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
    decode: codecFor(
      CorsPolicy,
      {
        read: [
          'allowOriginStringMatch',
          'allowMethods',
          'allowHeaders',
          'exposeHeaders',
          'maxAge',
          'allowCredentials',
          'filterEnabled',
          'shadowEnabled',
          'allowPrivateNetworkAccess',
          'forwardNotMatchingPreflights',
        ],
        harmless: [],
      },
      readPolicy,
    ),
  },
}

function readPolicy(policy: CorsPolicy, report: Report): CorsSettings {
  const origins = policy.allowOriginStringMatch.map((matcher, i) => decodeStringMatch(matcher, report.at('allow_origin_string_match', i)))
  return new CorsSettings({
    // `*` as an exact text is every origin.
    origins: origins.map(match => (match.kind === 'exact' && match.value === '*' ? (): boolean => true : compileStringMatch(match))),
    allowMethods: policy.allowMethods,
    allowHeaders: policy.allowHeaders,
    exposeHeaders: policy.exposeHeaders,
    maxAge: policy.maxAge,
    allowCredentials: policy.allowCredentials ?? null,
    allowPrivateNetwork: policy.allowPrivateNetworkAccess ?? null,
    forwardsForeignPreflights: policy.forwardNotMatchingPreflights ?? null,
    // A policy that is only shadowed is not enforced (CorsPolicy.shadow_enabled).
    enabledPpm: runtimeShare(policy.filterEnabled, policy.shadowEnabled === undefined ? ALL_PPM : 0),
    shadowPpm: runtimeShare(policy.shadowEnabled, 0),
  })
}
