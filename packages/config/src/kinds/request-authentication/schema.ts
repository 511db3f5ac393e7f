import { constrained, from, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { ONE_TARGET, targetReferences, workloadSelector } from '../shape/policy-target.ts'
import { duration, flag, list, listField, nonEmptyText, text } from '../shape/values.ts'
import { DEFAULT_KEY_TIMEOUT_MS } from './defaults.ts'
import type { JwtRule, RequestAuthenticationSpec } from './type.ts'

const LONGEST_URI = 2048
/** Names of headers that claims may be copied to (pattern of Istio's CRD). */
const CLAIM_HEADER = '^[-_A-Za-z0-9]+$'
const MOST_RULES = 4096

const jwtRule = object<JwtRule>(
  {
    issuer: orElse(text, ''),
    audiences: listField(nonEmptyText),
    jwksUri: optional(constrained(text, { minLength: 1, maxLength: LONGEST_URI })),
    jwks: optional(text),
    fromHeaders: listField(object<JwtRule['fromHeaders'][number]>({ name: required(nonEmptyText), prefix: orElse(text, '') })),
    fromParams: listField(nonEmptyText),
    fromCookies: listField(nonEmptyText),
    outputPayloadToHeader: orElse(text, ''),
    outputClaimToHeaders: listField(
      object<JwtRule['outputClaimToHeaders'][number]>({
        header: required(constrained(text, { minLength: 1, pattern: CLAIM_HEADER })),
        claim: required(nonEmptyText),
      }),
    ),
    forwardOriginalToken: orElse(flag, false),
    timeoutMs: from('timeout', orElse(duration, DEFAULT_KEY_TIMEOUT_MS)),
    spaceDelimitedClaims: listField(nonEmptyText),
  },
  { atMostOne: [['jwks', 'jwksUri']] },
)

export const requestAuthenticationShape: Shape<RequestAuthenticationSpec> = constrained(
  object<RequestAuthenticationSpec>(
    {
      selector: optional(workloadSelector),
      targetRefs: targetReferences,
      jwtRules: orElse(list(jwtRule, { maxItems: MOST_RULES }), Object.freeze<JwtRule[]>([])),
    },
    { atMostOne: ONE_TARGET },
  ),
  { description: 'Which tokens of requests are verified, and how' },
)
