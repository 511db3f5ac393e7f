import type { Hash64 } from './hash64.ts'
import { Word64 } from './word64.ts'

/** XXH64, the hash that Envoy places hosts and requests with: both proxies send a key to the same host. */

const PRIME_1 = new Word64(0x9e37_79b1, 0x85eb_ca87)
const PRIME_2 = new Word64(0xc2b2_ae3d, 0x27d4_eb4f)
const PRIME_3 = new Word64(0x1656_67b1, 0x9e37_79f9)
const PRIME_4 = new Word64(0x85eb_ca77, 0xc2b2_ae63)
const PRIME_5 = new Word64(0x27d4_eb2f, 0x1656_67c5)
const ZERO = new Word64(0, 0)

const STRIPE = 32

// Words of one computation, never held over a call.
const word = new Word64(0, 0)
const lanes = [new Word64(0, 0), new Word64(0, 0), new Word64(0, 0), new Word64(0, 0)] as const

export function xxHash64(text: string, seed: Hash64 = ZERO): Hash64 {
  const bytes = Buffer.from(text, 'latin1')
  const start = new Word64(seed.high, seed.low)
  const length = new Word64(0, bytes.length)
  if (bytes.length < STRIPE) return finish(start.add(PRIME_5).add(length), bytes, 0)
  const [a, b, c, d] = lanes
  a.set(start).add(PRIME_1).add(PRIME_2)
  b.set(start).add(PRIME_2)
  c.set(start)
  d.set(start).subtract(PRIME_1)
  let at = 0
  for (; at + STRIPE <= bytes.length; at += STRIPE) {
    for (let lane = 0; lane < 4; lane++) round(lanes[lane] ?? a, load(bytes, at + lane * 8))
  }
  const sum = new Word64(a.high, a.low).rotateLeft(1)
  sum.add(word.set(b).rotateLeft(7)).add(word.set(c).rotateLeft(12)).add(word.set(d).rotateLeft(18))
  for (const lane of lanes)
    sum
      .xor(round(word.set(ZERO), new Word64(lane.high, lane.low)))
      .multiply(PRIME_1)
      .add(PRIME_4)
  return finish(sum.add(length), bytes, at)
}

/** What is left after the stripes, and the avalanche. */
function finish(hash: Word64, bytes: Buffer, from: number): Hash64 {
  let at = from
  for (; at + 8 <= bytes.length; at += 8) {
    const lane = new Word64(0, 0)
    hash
      .xor(round(lane, load(bytes, at)))
      .rotateLeft(27)
      .multiply(PRIME_1)
      .add(PRIME_4)
  }
  if (at + 4 <= bytes.length) {
    hash
      .xor(new Word64(0, bytes.readUInt32LE(at)).multiply(PRIME_1))
      .rotateLeft(23)
      .multiply(PRIME_2)
      .add(PRIME_3)
    at += 4
  }
  for (; at < bytes.length; at++) {
    hash
      .xor(new Word64(0, bytes[at] ?? 0).multiply(PRIME_5))
      .rotateLeft(11)
      .multiply(PRIME_1)
  }
  hash.foldRight(33).multiply(PRIME_2).foldRight(29).multiply(PRIME_3).foldRight(32)
  return { high: hash.high, low: hash.low }
}

function round(lane: Word64, input: Word64): Word64 {
  return lane.add(input.multiply(PRIME_2)).rotateLeft(31).multiply(PRIME_1)
}

function load(bytes: Buffer, at: number): Word64 {
  word.low = bytes.readUInt32LE(at)
  word.high = bytes.readUInt32LE(at + 4)
  return word
}
