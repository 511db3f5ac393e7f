import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'

/** Issuer of the tokens of a local mesh. Citadel knows it by the key set that we write beside them. */
export const LOCAL_ISSUER = 'https://meshwork.local'
/** Audience of Istio's certificate authority. */
export const CA_AUDIENCE = 'istio-ca'
const ALGORITHM = 'ES256'
/** Longer than anybody keeps a local mesh running; the key dies with it. */
const LIFETIME = '30d'

export interface SigningKey {
  readonly privateJwk: JWK
  /** `{keys: [...]}` with the public half only. */
  readonly keySet: { readonly keys: readonly JWK[] }
}

export async function createSigningKey(): Promise<SigningKey> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true })
  const publicJwk = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const named = { kid, alg: ALGORITHM, use: 'sig' }
  return { privateJwk: { ...(await exportJWK(pair.privateKey)), ...named }, keySet: { keys: [{ ...publicJwk, ...named }] } }
}

/** A token in the shape of Kubernetes' service-account tokens (TokenRequest): who the workload is, for citadel only. */
export async function signWorkloadToken(privateJwk: JWK, namespace: string, serviceAccount: string): Promise<string> {
  const key = await importJWK(privateJwk, ALGORITHM)
  return new SignJWT({ 'kubernetes.io': { namespace, serviceaccount: { name: serviceAccount } } })
    .setProtectedHeader({ alg: ALGORITHM, ...(privateJwk.kid === undefined ? {} : { kid: privateJwk.kid }) })
    .setIssuer(LOCAL_ISSUER)
    .setAudience(CA_AUDIENCE)
    .setSubject(`system:serviceaccount:${namespace}:${serviceAccount}`)
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(key)
}
