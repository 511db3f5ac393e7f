import { textOf } from '@meshwork/core/json'

/** A token parsed, nothing verified. */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly alg: string
  /** Empty: none. */
  readonly kid: string
  readonly issuer: string
  readonly audiences: readonly string[]
  /** Seconds since the epoch; null: not said. */
  readonly expires: number | null
  readonly notBefore: number | null
  readonly issuedAt: number | null
  /** As in the token. */
  readonly payloadText: string
  /** What is signed. */
  readonly signed: string
  readonly signature: Buffer
}

/** Why a token is refused, in Envoy's words: it is the body of the answer. */
export type JwtProblem = string

export const ALGORITHMS: ReadonlySet<string> = new Set(
  ['RS', 'PS', 'HS'].flatMap(family => ['256', '384', '512'].map(size => family + size)).concat('ES256', 'ES384', 'ES512', 'EdDSA'),
)

/** RFC 7515 section 7.1, RFC 7519 section 7.2. */
export function parseJwt(text: string): Jwt | JwtProblem {
  const parts = text.split('.')
  const [headerText = '', payloadText = '', signatureText = ''] = parts
  if (parts.length !== 3 || parts.includes('')) return 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'
  const header = parseObject(headerText, 'header')
  if (typeof header === 'string') return header
  const headerProblem = checkHeader(header)
  if (headerProblem !== null) return headerProblem
  const claims = parseObject(payloadText, 'payload')
  if (typeof claims === 'string') return claims
  const claimProblem = checkClaims(claims)
  if (claimProblem !== null) return claimProblem
  const signature = decodeBase64Url(signatureText)
  if (signature === null) return 'Jwt signature is an invalid Base64url encoded'
  return {
    header,
    claims,
    alg: textOf(header['alg']),
    kid: textOf(header['kid']),
    issuer: textOf(claims['iss']),
    audiences: audiencesOf(claims['aud']),
    expires: numberOf(claims['exp']),
    notBefore: numberOf(claims['nbf']),
    issuedAt: numberOf(claims['iat']),
    payloadText,
    signed: `${headerText}.${payloadText}`,
    signature,
  }
}

function parseObject(text: string, part: 'header' | 'payload'): Readonly<Record<string, unknown>> | JwtProblem {
  const bytes = decodeBase64Url(text)
  if (bytes === null) return `Jwt ${part} is an invalid Base64url encoded`
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (isObject(value)) return value
  } catch {
    // Not JSON: the same answer as for what is no object.
  }
  return `Jwt ${part} is an invalid JSON`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkHeader(header: Readonly<Record<string, unknown>>): JwtProblem | null {
  const { alg, kid, crit } = header
  if (typeof alg !== 'string') return 'Jwt header [alg] field is required and must be a string'
  if (!ALGORITHMS.has(alg)) return 'Jwt header [alg] is not supported'
  if (kid !== undefined && typeof kid !== 'string') return 'Jwt header [kid] field is not a string'
  // Extensions that must be understood are not (RFC 7515 section 4.1.11).
  return crit === undefined ? null : 'Jwt verification fails'
}

function checkClaims(claims: Readonly<Record<string, unknown>>): JwtProblem | null {
  for (const name of ['iss', 'sub', 'jti']) {
    if (claims[name] !== undefined && typeof claims[name] !== 'string') return `Jwt payload [${name}] field is not a string`
  }
  for (const name of ['iat', 'nbf', 'exp']) {
    const value = claims[name]
    if (value === undefined) continue
    if (typeof value !== 'number') return `Jwt payload [${name}] field is not an integer`
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) return `Jwt payload [${name}] field is not a positive 64 bit integer`
  }
  const audience = claims['aud']
  const listed = Array.isArray(audience) && audience.every(item => typeof item === 'string')
  if (audience === undefined || typeof audience === 'string' || listed) return null
  return 'Jwt payload [aud] field is not a string or string list'
}

/** Base64url, padding allowed (tokens with padding exist); null: something else. */
export function decodeBase64Url(text: string): Buffer | null {
  // One character alone carries no whole byte.
  return /^[A-Za-z0-9_-]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1 ? Buffer.from(text, 'base64url') : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? Math.floor(value) : null
}

function audiencesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}
