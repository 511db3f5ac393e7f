import { compileStringMatch } from '../../route/match-string.ts'
import type { FilterDeps } from '../filter.ts'
import { type Jwt, type JwtProblem, parseJwt } from './jwt.ts'
import type { KeySet } from './key-set.ts'
import { KeySource } from './key-source.ts'
import type { ProviderConfig } from './provider.ts'
import { VerifiedTokens } from './verified-tokens.ts'

export const AUDIENCE_PROBLEM = 'Audiences in Jwt are not allowed'
export const ISSUER_PROBLEM = 'Jwt issuer is not configured'

/** A provider with its keys and the tokens it knows. */
export class RunningProvider {
  readonly config: ProviderConfig
  /** The same, as a list. */
  readonly alone: readonly ProviderConfig[]
  readonly keys: KeySource
  private readonly verified = new VerifiedTokens()
  private readonly allowsSubject: ((subject: string) => boolean) | null

  constructor(config: ProviderConfig, deps: FilterDeps) {
    this.config = config
    this.alone = [config]
    this.keys = new KeySource(config, deps)
    this.allowsSubject = config.subjects === null ? null : compileStringMatch(config.subjects)
  }

  /** The token if it was verified before, or parsed; a problem if it is none. */
  read(text: string): Jwt | JwtProblem {
    const keys = this.keys.now()
    return this.verified.get(text, typeof keys === 'string' ? null : keys) ?? parseJwt(text)
  }

  /** All but the signature, in Envoy's order. `audiences`: in place of the configured ones. */
  checkClaims(jwt: Jwt, audiences: readonly string[] | null, nowSeconds: number): JwtProblem | null {
    const { issuer, clockSkew, requiresExpiration, maxLifetime } = this.config
    if (issuer !== '' && issuer !== jwt.issuer) return ISSUER_PROBLEM
    const subject = jwt.claims['sub']
    if (this.allowsSubject !== null && (typeof subject !== 'string' || !this.allowsSubject(subject))) return 'Jwt verification fails'
    if (jwt.notBefore !== null && jwt.notBefore > nowSeconds + clockSkew) return 'Jwt not yet valid'
    if (jwt.expires !== null && nowSeconds > jwt.expires + clockSkew) return 'Jwt is expired'
    if (jwt.expires === null && (requiresExpiration || maxLifetime !== null)) return 'Jwt verification fails'
    const from = jwt.issuedAt ?? jwt.notBefore ?? nowSeconds
    if (maxLifetime !== null && jwt.expires !== null && jwt.expires - from > maxLifetime) return 'Jwt verification fails'
    const allowed = audiences ?? this.config.audiences
    return allowed.length === 0 || jwt.audiences.some(audience => allowed.some(name => sameAudience(name, audience)))
      ? null
      : AUDIENCE_PROBLEM
  }

  /** null: right. Costs nothing for a token that was found right before. */
  checkSignature(text: string, jwt: Jwt, keys: KeySet): JwtProblem | null {
    if (this.verified.get(text, keys) === jwt) return null
    const problem = keys.verify(jwt)
    if (problem === null) this.verified.add(text, jwt, keys)
    return problem
  }
}

/** A scheme and a slash at the end make no difference (as Envoy compares). */
function sameAudience(a: string, b: string): boolean {
  return bare(a) === bare(b)
}

function bare(audience: string): string {
  return audience.replace(/^https?:\/\//, '').replace(/\/$/, '')
}
