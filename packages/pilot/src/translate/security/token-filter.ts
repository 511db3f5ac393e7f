import type { DeepPartial } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { JwtAuthentication, JwtProvider, type JwtRequirement } from '@meshwork/protos/envoy/extensions/filters/http/jwt_authn/v3/config'
import type { TokenRule } from './inputs.ts'
import { PAYLOAD } from './token-metadata.ts'

/** Claims that RFC 8693 section 4.2 and common use write as one text of words. */
const SPACED_CLAIMS: readonly string[] = ['scope', 'permission']

/**
 * Verifies whatever tokens a request has; one without any passes. Providers are named by their place in the list, which is
 * sorted by issuer.
 */
export function buildTokenFilter(rules: readonly TokenRule[]): JwtAuthentication {
  const sorted = rules.toSorted((a, b) => (a.rule.issuer < b.rule.issuer ? -1 : a.rule.issuer > b.rule.issuer ? 1 : 0))
  const named = sorted.map((rule, i) => [`origins-${i}`, rule] as const)
  return JwtAuthentication.fromPartial({
    providers: Object.fromEntries(named.map(([name, rule]) => [name, buildProvider(rule)])),
    rules: [
      {
        match: { pathSpecifier: { $case: 'prefix', value: '/' } },
        requirementType: { $case: 'requires', value: requirement(named.map(([name]) => name)) },
      },
    ],
    // A preflight of CORS never has a token.
    bypassCorsPreflight: true,
  })
}

/** A valid token of any issuer, or none at all: of those that are there and valid for nobody, none is overlooked. */
function requirement(names: readonly string[]): DeepPartial<JwtRequirement> {
  const allowMissing: DeepPartial<JwtRequirement> = { requiresType: { $case: 'allowMissing', value: {} } }
  const provided = names.map((name): DeepPartial<JwtRequirement> => ({ requiresType: { $case: 'providerName', value: name } }))
  const anyOf = (requirements: DeepPartial<JwtRequirement>[]): DeepPartial<JwtRequirement> => ({
    requiresType: { $case: 'requiresAny', value: { requirements } },
  })
  if (provided.length === 1) return anyOf([...provided, allowMissing])
  const validOrMissing = provided.map(one => anyOf([one, allowMissing]))
  return anyOf([...provided, { requiresType: { $case: 'requiresAll', value: { requirements: validOrMissing } } }])
}

function buildProvider({ rule, keys, routesByClaims }: TokenRule): JwtProvider {
  return JwtProvider.fromPartial({
    issuer: rule.issuer,
    audiences: [...rule.audiences],
    jwksSourceSpecifier: { $case: 'localJwks', value: { specifier: { $case: 'inlineString', value: keys } } },
    forward: rule.forwardOriginalToken,
    fromHeaders: rule.fromHeaders.map(({ name, prefix }) => ({ name, valuePrefix: prefix })),
    fromParams: [...rule.fromParams],
    fromCookies: [...rule.fromCookies],
    forwardPayloadHeader: rule.outputPayloadToHeader,
    payloadInMetadata: PAYLOAD,
    normalizePayloadInMetadata: { spaceDelimitedClaims: [...new Set([...SPACED_CLAIMS, ...rule.spaceDelimitedClaims])] },
    claimToHeaders: rule.outputClaimToHeaders.map(({ header, claim }) => ({ headerName: header, claimName: claim })),
    clearRouteCache: routesByClaims,
  })
}
