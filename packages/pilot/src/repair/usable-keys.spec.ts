import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { usableKeys } from './usable-keys.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

test('keys that no verifier can read are left out, and private parts too', () => {
  const good = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'a' }
  const secret = { ...ec.privateKey.export({ format: 'jwk' }), kid: 'b' }
  const bad = [
    { kty: 'RSA', n: 'x' },
    { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
    { kty: 'EC', crv: 'secp256k1' },
    { ...good, kid: 7 },
    'text',
    {},
  ]
  const { d: _d, ...published } = secret
  expect(usableKeys(JSON.stringify({ keys: [good, ...bad, secret] }))).toEqual({
    kind: 'ok',
    value: { text: JSON.stringify({ keys: [good, published] }), leftOut: bad.length },
  })
})

test('a key that stands alone is a set of one', () => {
  const key = { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }
  expect(usableKeys(JSON.stringify(key))).toEqual({ kind: 'ok', value: { text: JSON.stringify({ keys: [key] }), leftOut: 0 } })
})

test.each([
  ['nonsense', 'is no JSON Web Key Set'],
  ['[]', 'is no JSON Web Key Set'],
  ['{"keys":[]}', 'has no key that can verify anything'],
  [`{"keys":[${' '.repeat(1024 * 1024)}]}`, 'is longer than 1048576 characters'],
])('%.20s has no usable key', (text, error) => {
  expect(usableKeys(text)).toEqual({ kind: 'err', error })
})
