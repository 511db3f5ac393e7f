import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'

export interface TestTokenOptions {
  /** Default `istio-ca`. */
  readonly audience?: string
  /** Default `https://tokens.test`. */
  readonly issuer?: string
  /** Seconds from now; default one hour. Negative makes a token that has expired. */
  readonly lifetimeSeconds?: number
  /** Default `system:serviceaccount:<namespace>:<serviceAccount>`. */
  readonly subject?: string
}

/** Signs service-account-shaped tokens (ES256) for tests of whatever verifies them. */
export interface TestTokenIssuer {
  /** A JSON Web Key Set with the public key. */
  readonly keySet: string
  writeKeySet(path: string): void
  token(namespace: string, serviceAccount: string, options?: TestTokenOptions): string
}

const KEY_ID = 'test'

export function createTestTokenIssuer(nowMs: () => number = Date.now): TestTokenIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keySet = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' }] })
  return {
    keySet,
    writeKeySet: path => writeFileSync(path, keySet),
    token(namespace, serviceAccount, options = {}) {
      const now = Math.floor(nowMs() / 1000)
      const claims = {
        iss: options.issuer ?? 'https://tokens.test',
        aud: [options.audience ?? 'istio-ca'],
        sub: options.subject ?? `system:serviceaccount:${namespace}:${serviceAccount}`,
        iat: now,
        exp: now + (options.lifetimeSeconds ?? 3600),
      }
      const input = `${encode({ alg: 'ES256', kid: KEY_ID, typ: 'JWT' })}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
