/** A 64-bit word that is worked on in place, as two 32-bit halves. */
export class Word64 {
  high: number
  low: number

  constructor(high: number, low: number) {
    this.high = high >>> 0
    this.low = low >>> 0
  }

  set(other: Word64): this {
    this.high = other.high
    this.low = other.low
    return this
  }

  add(other: Word64): this {
    const low = this.low + other.low
    this.high = (this.high + other.high + (low > 0xffff_ffff ? 1 : 0)) >>> 0
    this.low = low >>> 0
    return this
  }

  subtract(other: Word64): this {
    const borrow = this.low < other.low ? 1 : 0
    this.low = (this.low - other.low) >>> 0
    this.high = (this.high - other.high - borrow) >>> 0
    return this
  }

  xor(other: Word64): this {
    this.high = (this.high ^ other.high) >>> 0
    this.low = (this.low ^ other.low) >>> 0
    return this
  }

  multiply(other: Word64): this {
    const { low, high } = this
    const a = low & 0xffff
    const b = low >>> 16
    const c = other.low & 0xffff
    const d = other.low >>> 16
    const first = a * c
    const middle = b * c + (first >>> 16)
    const cross = a * d + (middle & 0xffff)
    const carry = b * d + Math.floor(middle / 0x1_0000) + Math.floor(cross / 0x1_0000)
    this.low = (((cross & 0xffff) << 16) | (first & 0xffff)) >>> 0
    this.high = (carry + Math.imul(low, other.high) + Math.imul(high, other.low)) >>> 0
    return this
  }

  rotateLeft(bits: number): this {
    const { high, low } = this
    if (bits < 32) {
      this.high = ((high << bits) | (low >>> (32 - bits))) >>> 0
      this.low = ((low << bits) | (high >>> (32 - bits))) >>> 0
    } else {
      this.high = ((low << (bits - 32)) | (high >>> (64 - bits))) >>> 0
      this.low = ((high << (bits - 32)) | (low >>> (64 - bits))) >>> 0
    }
    return this
  }

  /** XORs the word with itself shifted right by 1 to 63 bits. */
  foldRight(bits: number): this {
    const { high, low } = this
    if (bits < 32) {
      this.low = (low ^ ((low >>> bits) | (high << (32 - bits)))) >>> 0
      this.high = (high ^ (high >>> bits)) >>> 0
    } else {
      this.low = (low ^ (bits === 32 ? high : high >>> (bits - 32))) >>> 0
    }
    return this
  }
}
