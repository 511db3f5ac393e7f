import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { usableKeys } from '../../repair/usable-keys.ts'
import { keysOf, NOBODYS_KEYS } from './token-keys.ts'

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

const RULE = {
  issuer: 'https://a.example',
  audiences: [],
  fromHeaders: [],
  fromParams: [],
  fromCookies: [],
  outputPayloadToHeader: '',
  outputClaimToHeaders: [],
  forwardOriginalToken: false,
  timeoutMs: 5000,
  spaceDelimitedClaims: [],
}

test("nobody's key is a point on P-256 whose x is a hash, so that its private key cannot be known", () => {
  const { keys } = JSON.parse(NOBODYS_KEYS) as { readonly keys: readonly [{ readonly x: string; readonly y: string }] }
  const number = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
  const [x, y] = [number(keys[0].x), number(keys[0].y)]
  expect(x).toBe(BigInt(`0x${createHash('sha256').update('nobody has the key of this point 0').digest('hex')}`))
  expect((y * y) % P).toBe((((x ** 3n - 3n * x + B) % P) + P) % P)
  expect(usableKeys(NOBODYS_KEYS)).toEqual({ kind: 'ok', value: { text: NOBODYS_KEYS, leftOut: 0 } })
})

test('keys come from the rule, from the place it names, or from nobody', () => {
  const fetched = new Map([
    ['https://k.example', 'by uri'],
    ['issuer https://a.example', 'by issuer'],
  ])
  expect(keysOf({ ...RULE, jwks: 'own' }, fetched)).toBe('own')
  expect(keysOf({ ...RULE, jwksUri: 'https://k.example' }, fetched)).toBe('by uri')
  expect(keysOf(RULE, fetched)).toBe('by issuer')
  expect(keysOf({ ...RULE, jwksUri: 'https://other.example' }, fetched)).toBe(NOBODYS_KEYS)
  expect(keysOf({ ...RULE, issuer: '' }, fetched)).toBe(NOBODYS_KEYS)
})
