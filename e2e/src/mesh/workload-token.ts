import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

const LIFETIME_S = 3600

/** A service-account token for the certificate authority of a local mesh, signed with that mesh's own key. */
export function workloadToken(signingKeyFile: string, issuer: string, namespace: string, serviceAccount: string): string {
  const jwk: { readonly kid?: string; readonly [member: string]: unknown } = JSON.parse(readFileSync(signingKeyFile, 'utf8'))
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: 'ES256', typ: 'JWT', kid: jwk.kid }
  const claims = {
    iss: issuer,
    aud: 'istio-ca',
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
    iat: now,
    exp: now + LIFETIME_S,
  }
  const text = `${encoded(header)}.${encoded(claims)}`
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
