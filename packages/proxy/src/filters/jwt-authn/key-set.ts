import { constants, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify, type VerifyKeyObjectInput } from 'node:crypto'
import type { Jwt, JwtProblem } from './jwt.ts'

interface VerifyingKey {
  readonly kid: string
  /** Empty: any that fits the kind of key. */
  readonly alg: string
  /** `RSA`, `P-256`, `P-384`, `P-521`, `Ed25519`, `oct`: an algorithm is bound to one of these. */
  readonly family: string
  readonly key: KeyObject | Buffer
}

/** More keys are no key set (RFC 7517 sets none). */
const MAX_KEYS = 200

/** The keys of one issuer (RFC 7517). Keys of unknown kinds are left out. */
export class KeySet {
  private readonly keys: readonly VerifyingKey[]

  private constructor(keys: readonly VerifyingKey[]) {
    this.keys = keys
  }

  /** The text of a JWKS, or of one JWK; a problem in Envoy's words. */
  static parse(text: string): KeySet | JwtProblem {
    try {
      const parsed: unknown = JSON.parse(text)
      if (typeof parsed !== 'object' || parsed === null) return 'Jwks is an invalid JSON'
      const listed: unknown = 'keys' in parsed ? parsed.keys : 'kty' in parsed ? [parsed] : undefined
      if (!Array.isArray(listed)) return 'Jwks does not have [keys] field'
      const keys = listed.slice(0, MAX_KEYS).flatMap(jwk => importKey(jwk) ?? [])
      return keys.length === 0 ? "Jwks doesn't have any valid public key" : new KeySet(keys)
    } catch {
      return 'Jwks is an invalid JSON'
    }
  }

  /** null: the signature is right. Keys are chosen by kind and algorithm first, so that no token is tried on a foreign kind. */
  verify(jwt: Jwt): JwtProblem | null {
    const family = familyOf(jwt.alg)
    const candidates = this.keys.filter(
      key => key.family === family && (key.alg === '' || key.alg === jwt.alg) && (key.kid === '' || jwt.kid === '' || key.kid === jwt.kid),
    )
    if (candidates.length === 0) return "Jwks doesn't have key to match kid or alg from Jwt"
    return candidates.some(({ key }) => verifies(jwt, key)) ? null : 'Jwt verification fails'
  }
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519' }

function familyOf(alg: string): string {
  if (alg.startsWith('RS') || alg.startsWith('PS')) return 'RSA'
  return alg.startsWith('HS') ? 'oct' : (CURVES[alg] ?? '')
}

function importKey(jwk: unknown): VerifyingKey | null {
  if (!isJwk(jwk)) return null
  const { kty, crv, kid, alg, k } = jwk
  const common = { kid: kid ?? '', alg: alg ?? '' }
  if (kty === 'oct') return k === undefined ? null : { ...common, family: 'oct', key: Buffer.from(k, 'base64url') }
  const family = kty === 'RSA' ? 'RSA' : (crv ?? '')
  if (family !== 'RSA' && !Object.values(CURVES).includes(family)) return null
  try {
    return { ...common, family, key: createPublicKey({ key: { ...jwk }, format: 'jwk' }) }
  } catch {
    return null
  }
}

interface Jwk {
  readonly kty?: string
  readonly crv?: string
  readonly kid?: string
  readonly alg?: string
  readonly k?: string
}

function isJwk(value: unknown): value is Jwk {
  if (typeof value !== 'object' || value === null) return false
  const fields: Readonly<Record<string, unknown>> = { ...value }
  return ['kty', 'crv', 'kid', 'alg', 'n', 'e', 'x', 'y', 'k'].every(name => fields[name] === undefined || typeof fields[name] === 'string')
}

function verifies({ alg, signed, signature }: Jwt, key: KeyObject | Buffer): boolean {
  const digest = `sha${alg.slice(2)}`
  const data = Buffer.from(signed)
  if (Buffer.isBuffer(key)) {
    const expected = createHmac(digest, key).update(data).digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
  try {
    if (alg === 'EdDSA') return verify(null, data, key, signature)
    return verify(digest, data, inputOf(alg, key), signature)
  } catch {
    return false
  }
}

function inputOf(alg: string, key: KeyObject): VerifyKeyObjectInput {
  if (alg.startsWith('ES')) return { key, dsaEncoding: 'ieee-p1363' }
  if (alg.startsWith('PS')) return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return { key, padding: constants.RSA_PKCS1_PADDING }
}
