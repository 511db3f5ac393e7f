import { createPrivateKey, type JsonWebKeyInput, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

const LIFETIME_S = 3600

/** A service-account token for the certificate authority of a local mesh, signed with that mesh's own key. */
export function workloadToken(signingKeyFile: string, issuer: string, namespace: string, serviceAccount: string): string {
  const text = readFileSync(signingKeyFile, 'utf8')
  const jwk: JsonWebKeyInput['key'] = JSON.parse(text)
  const { kid }: { readonly kid?: string } = JSON.parse(text)
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: 'ES256', typ: 'JWT', kid }
  const claims = {
    iss: issuer,
    aud: 'istio-ca',
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
    iat: now,
    exp: now + LIFETIME_S,
  }
  const signed = `${encoded(header)}.${encoded(claims)}`
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
