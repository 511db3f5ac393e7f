import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Somebody who signs tokens (RS256), and whose keys can be asked for. */
export class TokenIssuer {
  readonly name: string
  readonly kid: string
  readonly publicKey: KeyObject
  private readonly privateKey: KeyObject

  constructor(name: string, kid: string = 'k1') {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    this.name = name
    this.kid = kid
    this.publicKey = pair.publicKey
    this.privateKey = pair.privateKey
  }

  /** The JSON Web Key Set that verifies its tokens. */
  get keys(): string {
    return JSON.stringify({ keys: [{ ...this.publicKey.export({ format: 'jwk' }), kid: this.kid, alg: 'RS256', use: 'sig' }] })
  }

  /** A token of `sub` that is valid for an hour, unless `claims` and `header` say otherwise. */
  token(sub: string, claims: object = {}, header: object = {}): string {
    const now = Math.floor(Date.now() / 1000)
    const parts = [
      { alg: 'RS256', typ: 'JWT', kid: this.kid, ...header },
      { iss: this.name, sub, iat: now, exp: now + 3600, ...claims },
    ]
    const signed = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${signed}.${sign('sha256', Buffer.from(signed), this.privateKey).toString('base64url')}`
  }
}
