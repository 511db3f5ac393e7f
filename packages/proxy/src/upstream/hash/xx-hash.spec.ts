import { describe, expect, test } from 'vitest'
import { combineHashes, compareHashes, hashModulo, hashText } from './hash64.ts'
import { murmurHash2 } from './murmur-hash.ts'
import { xxHash64 } from './xx-hash.ts'

describe('xxHash64', () => {
  // Values of the reference implementation.
  test.each([
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['abc', '44bc2cf5ad770999'],
    ['foo', '33bf00a859c4ba3f'],
    ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
  ])('%s', (text, hash) => {
    expect(hashText(xxHash64(text))).toBe(hash)
  })

  test('agrees with the definition in bigints at every length', () => {
    for (let length = 0; length < 100; length++) {
      const text = Array.from({ length }, (_, i) => String.fromCharCode((i * 37 + length) % 256)).join('')
      expect(hashText(xxHash64(text, { high: 0, low: length }))).toBe(reference(text, BigInt(length)))
    }
  })
})

test('murmurHash2 agrees with the definition in bigints at every length', () => {
  for (let length = 0; length < 40; length++) {
    const text = Array.from({ length }, (_, i) => String.fromCharCode((i * 91 + length) % 256)).join('')
    expect(hashText(murmurHash2(text))).toBe(murmur(text))
  }
})

test('remainders, order and combination are those of 64-bit numbers', () => {
  const hash = { high: 0x89ab_cdef, low: 0x0123_4567 }
  expect(hashModulo(hash, 65_537)).toBe(Number(0x89abcdef01234567n % 65_537n))
  expect(hashModulo(hash, 5_000_011)).toBe(Number(0x89abcdef01234567n % 5_000_011n))
  expect(compareHashes(hash, { high: 0x89ab_cdef, low: 0xffff_ffff })).toBeLessThan(0)
  expect(hashText(combineHashes(hash, { high: 1, low: 2 }))).toBe('13579bdf02468acd')
  expect(combineHashes(null, hash)).toBe(hash)
})

const MASK = 0xffff_ffff_ffff_ffffn
const P = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n] as const

function rotl(x: bigint, bits: bigint): bigint {
  return ((x << bits) | (x >> (64n - bits))) & MASK
}

function roundOf(lane: bigint, input: bigint): bigint {
  return (rotl((lane + input * P[1]) & MASK, 31n) * P[0]) & MASK
}

function reference(text: string, seed: bigint): string {
  const bytes = Buffer.from(text, 'latin1')
  let at = 0
  let hash = (seed + P[4]) & MASK
  if (bytes.length >= 32) {
    let v = [(seed + P[0] + P[1]) & MASK, (seed + P[1]) & MASK, seed, (seed - P[0]) & MASK]
    for (; at + 32 <= bytes.length; at += 32) v = v.map((lane, i) => roundOf(lane, bytes.readBigUInt64LE(at + i * 8)))
    hash = [1n, 7n, 12n, 18n].reduce((sum, bits, i) => (sum + rotl(v[i] ?? 0n, bits)) & MASK, 0n)
    for (const lane of v) hash = ((hash ^ roundOf(0n, lane)) * P[0] + P[3]) & MASK
  }
  hash = (hash + BigInt(bytes.length)) & MASK
  for (; at + 8 <= bytes.length; at += 8) hash = (rotl(hash ^ roundOf(0n, bytes.readBigUInt64LE(at)), 27n) * P[0] + P[3]) & MASK
  if (at + 4 <= bytes.length) {
    hash = (rotl(hash ^ ((BigInt(bytes.readUInt32LE(at)) * P[0]) & MASK), 23n) * P[1] + P[2]) & MASK
    at += 4
  }
  for (; at < bytes.length; at++) hash = (rotl(hash ^ ((BigInt(bytes[at] ?? 0) * P[4]) & MASK), 11n) * P[0]) & MASK
  hash = ((hash ^ (hash >> 33n)) * P[1]) & MASK
  hash = ((hash ^ (hash >> 29n)) * P[2]) & MASK
  return (hash ^ (hash >> 32n)).toString(16).padStart(16, '0')
}

function murmur(text: string): string {
  const m = 0xc6a4a7935bd1e995n
  const fold = (x: bigint): bigint => x ^ (x >> 47n)
  const bytes = Buffer.from(text, 'latin1')
  const padded = Buffer.concat([bytes, Buffer.alloc(8)])
  const whole = bytes.length & ~7
  let hash = 0xc70f6907n ^ ((BigInt(bytes.length) * m) & MASK)
  for (let at = 0; at < whole; at += 8) {
    const part = (fold((bytes.readBigUInt64LE(at) * m) & MASK) * m) & MASK
    hash = ((hash ^ part) * m) & MASK
  }
  if (whole < bytes.length) hash = ((hash ^ padded.readBigUInt64LE(whole)) * m) & MASK
  return fold((fold(hash) * m) & MASK)
    .toString(16)
    .padStart(16, '0')
}
