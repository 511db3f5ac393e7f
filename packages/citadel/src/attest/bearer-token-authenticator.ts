import { spiffeId } from '@meshwork/core/ids'
import type { TokenAuthenticator } from '@meshwork/core/ports'

import type { Attestation, Authenticator, Credentials } from './authenticator.ts'

/** The identity of a service account's token in `trustDomain`. */
export class BearerTokenAuthenticator implements Authenticator {
  readonly name: string = 'token'
  private readonly tokens: TokenAuthenticator
  private readonly trustDomain: string

  constructor(tokens: TokenAuthenticator, trustDomain: string) {
    this.tokens = tokens
    this.trustDomain = trustDomain
  }

  async attest({ bearerToken }: Credentials): Promise<Attestation> {
    if (bearerToken === undefined) return { kind: 'absent' }
    const account = await this.tokens.authenticate(bearerToken)
    if (account.kind === 'err') return { kind: 'refused', reason: `token: ${account.error}` }
    const identity = spiffeId(this.trustDomain, account.value.namespace, account.value.name)
    if (identity.kind === 'err') return { kind: 'refused', reason: `token: ${identity.error}` }
    return { kind: 'attested', identity: identity.value, by: this.name }
  }
}
