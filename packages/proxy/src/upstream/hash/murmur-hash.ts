import type { Hash64 } from './hash64.ts'
import { Word64 } from './word64.ts'

const MULTIPLIER = new Word64(0xc6a4_a793, 0x5bd1_e995)
const SEED = new Word64(0, 0xc70f_6907)

/** MurmurHash2 of 64 bits with the seed of libstdc++ (`RingHashLbConfig.HashFunction.MURMUR_HASH_2`). */
export function murmurHash2(text: string): Hash64 {
  const bytes = Buffer.from(text, 'latin1')
  const hash = new Word64(0, bytes.length).multiply(MULTIPLIER).xor(SEED)
  const whole = bytes.length & ~7
  for (let at = 0; at < whole; at += 8) {
    const part = new Word64(bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at))
    hash.xor(part.multiply(MULTIPLIER).foldRight(47).multiply(MULTIPLIER)).multiply(MULTIPLIER)
  }
  if (whole < bytes.length) {
    const rest = Buffer.alloc(8)
    bytes.copy(rest, 0, whole)
    hash.xor(new Word64(rest.readUInt32LE(4), rest.readUInt32LE(0))).multiply(MULTIPLIER)
  }
  hash.foldRight(47).multiply(MULTIPLIER).foldRight(47)
  return { high: hash.high, low: hash.low }
}
