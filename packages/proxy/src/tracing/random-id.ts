import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8192
const ID_BYTES = 8

/** 64-bit ids as 16 hexadecimal digits, from a pool: the system is asked for randomness once for a thousand ids. */
export class RandomIds {
  private readonly pool: Buffer = Buffer.alloc(POOL_BYTES)
  private used = POOL_BYTES

  next(): string {
    if (this.used + ID_BYTES > POOL_BYTES) {
      randomFillSync(this.pool)
      this.used = 0
    }
    const from = this.used
    this.used = from + ID_BYTES
    return this.pool.toString('hex', from, from + ID_BYTES)
  }
}
