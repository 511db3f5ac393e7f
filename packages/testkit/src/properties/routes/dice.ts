/** Numbers that follow from a seed (mulberry32), so that a case that failed can be made again. State: the generator's. */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** A number in [0, 1). */
  roll(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** True in `share` of all cases. */
  chance(share: number): boolean {
    return this.roll() < share
  }

  /** A whole number from 0 to `most`. */
  upTo(most: number): number {
    return Math.floor(this.roll() * (most + 1))
  }

  pick<T>(first: T, ...others: readonly T[]): T {
    return others[this.upTo(others.length) - 1] ?? first
  }

  /** Up to `most` values, each made anew. */
  several<T>(most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.upTo(most) }, make)
  }
}
