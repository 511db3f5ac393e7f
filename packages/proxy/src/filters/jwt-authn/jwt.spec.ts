import { createSign, generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Jwt, parseJwt } from './jwt.ts'
import { KeySet } from './key-set.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')

const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function token(header: object, claims: object, signer: (signed: string) => Buffer): string {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${signer(signed).toString('base64url')}`
}

const byRsa = (signed: string): Buffer => createSign('sha256').update(signed).sign(rsa.privateKey)
const byEc = (signed: string): Buffer => sign('sha256', Buffer.from(signed), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
const byEd = (signed: string): Buffer => sign(null, Buffer.from(signed), ed.privateKey)

function keySet(...keys: readonly object[]): KeySet {
  const parsed = KeySet.parse(JSON.stringify({ keys }))
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

function parsed(text: string): Jwt {
  const jwt = parseJwt(text)
  if (typeof jwt === 'string') throw new Error(jwt)
  return jwt
}

const jwkOf = (key: typeof rsa.publicKey, more: object = {}): object => ({ ...key.export({ format: 'jwk' }), ...more })

test('signatures of each kind of key', () => {
  const keys = keySet(jwkOf(rsa.publicKey, { kid: 'r' }), jwkOf(ec.publicKey, { kid: 'e' }), jwkOf(ed.publicKey, { kid: 'd' }))
  expect(keys.verify(parsed(token({ alg: 'RS256', kid: 'r' }, {}, byRsa)))).toBeNull()
  expect(keys.verify(parsed(token({ alg: 'ES256' }, {}, byEc)))).toBeNull()
  expect(keys.verify(parsed(token({ alg: 'EdDSA', kid: 'd' }, {}, byEd)))).toBeNull()
  expect(keys.verify(parsed(token({ alg: 'EdDSA', kid: 'd' }, {}, byEc)))).toBe('Jwt verification fails')
})

test('an algorithm is bound to the kind of key (CVE-2019-12995, RFC 8725 section 3.1)', () => {
  const none = "Jwks doesn't have key to match kid or alg from Jwt"
  const keys = keySet(jwkOf(rsa.publicKey))
  expect(keys.verify(parsed(token({ alg: 'ES256' }, {}, byEc)))).toBe(none)
  expect(keys.verify(parsed(token({ alg: 'HS256' }, {}, byRsa)))).toBe(none)
  expect(keySet(jwkOf(rsa.publicKey, { alg: 'RS512' })).verify(parsed(token({ alg: 'RS256' }, {}, byRsa)))).toBe(none)
  expect(keySet(jwkOf(rsa.publicKey, { kid: 'a' })).verify(parsed(token({ alg: 'RS256', kid: 'b' }, {}, byRsa)))).toBe(none)
})

test.each([
  ['a.b', 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'],
  ['a.b.', 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'],
  ['a!.b.c', 'Jwt header is an invalid Base64url encoded'],
  [`${encode('[]')}.b.c`, 'Jwt header is an invalid JSON'],
  [`${encode({})}.b.c`, 'Jwt header [alg] field is required and must be a string'],
  [`${encode({ alg: 'none' })}.b.c`, 'Jwt header [alg] is not supported'],
  [`${encode({ alg: 'RS256', kid: 1 })}.b.c`, 'Jwt header [kid] field is not a string'],
  [`${encode({ alg: 'RS256', crit: ['x'] })}.${encode({})}.cc`, 'Jwt verification fails'],
  [`${encode({ alg: 'RS256' })}.${encode({ exp: '1' })}.cc`, 'Jwt payload [exp] field is not an integer'],
  [`${encode({ alg: 'RS256' })}.${encode({ exp: -1 })}.cc`, 'Jwt payload [exp] field is not a positive 64 bit integer'],
  [`${encode({ alg: 'RS256' })}.${encode({ aud: [1] })}.cc`, 'Jwt payload [aud] field is not a string or string list'],
])('%s is refused', (text, problem) => {
  expect(parseJwt(text)).toBe(problem)
})

test('key sets', () => {
  expect(KeySet.parse('{')).toBe('Jwks is an invalid JSON')
  expect(KeySet.parse('{}')).toBe('Jwks does not have [keys] field')
  expect(KeySet.parse('{"keys":[{"kty":"RSA","n":1}]}')).toBe("Jwks doesn't have any valid public key")
})
