import { readFile } from 'node:fs/promises'

import { parseServiceAccountSubject, type ServiceAccount, type TokenAuthenticator } from '../ports/index.ts'
import { err, MeshError, messageOf, ok, type Result } from '../result/index.ts'
import type { Clock } from '../time/index.ts'
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify, type JWTVerifyGetKey } from 'jose'

export interface JwksFileOptions {
  /** JSON Web Key Set (RFC 7517 section 5) with the public keys that sign tokens. Read again when it changes. */
  readonly path: string
  /** `iss` that tokens must have; undefined accepts any issuer that signs with one of the keys. */
  readonly issuer: string | undefined
  /** `aud` that tokens must contain. */
  readonly audience: string
  readonly clock: Clock
}

/** No symmetric algorithms, and no `none`: whoever can read the key file must not be able to sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const MAX_TOKEN_CHARS = 16_384

/** Checks service-account tokens (JWT, RFC 7519) with keys from a file: the local stand-in for a cluster's TokenReview. */
export class JwksFileAuthenticator implements TokenAuthenticator {
  private readonly options: JwksFileOptions
  private text: string | undefined
  private keys: JWTVerifyGetKey | undefined

  constructor(options: JwksFileOptions) {
    this.options = options
  }

  /** Rejects with a `MeshError` if the file cannot be used now, so that a wrong flag stops the start. */
  async load(): Promise<void> {
    try {
      await this.refresh()
    } catch (error) {
      throw new MeshError('JWKS_UNUSABLE', `cannot read keys for tokens from ${this.options.path}: ${messageOf(error)}`, {
        source: 'config',
        cause: error,
        nextStep: 'pass a JSON Web Key Set with --jwks-file',
      })
    }
  }

  async authenticate(token: string): Promise<Result<ServiceAccount, string>> {
    if (token.length > MAX_TOKEN_CHARS) return err(`longer than ${MAX_TOKEN_CHARS} characters`)
    // A file that is being replaced: the keys read before still count.
    await this.refresh().catch(() => undefined)
    if (this.keys === undefined) return err('there are no keys to check it with')
    const { issuer, audience, clock } = this.options
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        ...(issuer === undefined ? {} : { issuer }),
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(clock.now()),
      })
      const account = parseServiceAccountSubject(payload.sub ?? '')
      return account === undefined ? err('its subject is not a service account') : ok(account)
    } catch (error) {
      return err(reasonOf(error))
    }
  }

  private async refresh(): Promise<void> {
    const text = await readFile(this.options.path, 'utf8')
    if (text === this.text) return
    this.keys = createLocalJWKSet(parseKeySet(text))
    this.text = text
  }
}

function parseKeySet(text: string): JSONWebKeySet {
  const value: unknown = JSON.parse(text)
  if (typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)) return { keys: value.keys }
  throw new SyntaxError("there is no array 'keys'")
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim '${error.claim}' is not accepted`
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return 'its signature is not by a known key'
  }
  return error instanceof errors.JOSEError ? 'it is not a token of the kind expected' : 'it cannot be checked'
}
