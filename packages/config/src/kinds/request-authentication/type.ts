import type { TargetReference, WorkloadSelector } from '../shape/policy-target.ts'

/** `security.istio.io` RequestAuthentication: which tokens of requests are verified, and how. */
export interface RequestAuthenticationSpec {
  /** Unset: every workload of the namespace (in the root namespace: of the mesh). */
  readonly selector?: WorkloadSelector
  readonly targetRefs: readonly TargetReference[]
  readonly jwtRules: readonly JwtRule[]
}

/** Tokens of one issuer. A request without a token passes, without an identity; one with a token that does not verify is refused. */
export interface JwtRule {
  /** `iss` of the tokens; empty for any. */
  readonly issuer: string
  /** One of them must be in `aud`; none: any audience. */
  readonly audiences: readonly string[]
  /** Where the keys are; without this and `jwks` the issuer is asked (OpenID Connect discovery). */
  readonly jwksUri?: string
  /** The keys themselves, a JSON Web Key Set (RFC 7517 section 5). */
  readonly jwks?: string
  /** Where tokens are looked for; in `Authorization: Bearer` and the query's `access_token` if nothing is said. */
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[]
  readonly fromParams: readonly string[]
  readonly fromCookies: readonly string[]
  /** Header that gets the payload of the token, in base64url; empty for none. */
  readonly outputPayloadToHeader: string
  readonly outputClaimToHeaders: readonly { readonly header: string; readonly claim: string }[]
  readonly forwardOriginalToken: boolean
  /** Longest time for fetching keys, in milliseconds. */
  readonly timeoutMs: number
  /** Claims that are lists divided by spaces, beside `scope` and `permission`. */
  readonly spaceDelimitedClaims: readonly string[]
}
