/**
 * Weighted choice by earliest deadline: an entry of weight w comes again after 1/w, so that heavy ones come often and all
 * are spread evenly. A choice costs the logarithm of the number of entries. `weightOf` is asked at every choice: weights
 * may change meanwhile.
 */
export class EdfScheduler<T> {
  private readonly weightOf: (entry: T) => number
  /** Binary heap by deadline, then by order of insertion. */
  private readonly entries: T[] = []
  private readonly deadlines: number[] = []
  private readonly orders: number[] = []
  private now = 0
  private order = 0

  constructor(entries: readonly T[], weightOf: (entry: T) => number) {
    this.weightOf = weightOf
    for (const entry of entries) this.add(entry)
  }

  pick(): T | null {
    const [entry] = this.entries
    if (entry === undefined) return null
    this.now = this.deadlines[0] ?? 0
    this.deadlines[0] = this.now + 1 / this.weightOf(entry)
    this.orders[0] = this.order++
    this.sink()
    return entry
  }

  private add(entry: T): void {
    let at = this.entries.length
    this.entries.push(entry)
    this.deadlines.push(this.now + 1 / this.weightOf(entry))
    this.orders.push(this.order++)
    while (at > 0 && this.before(at, (at - 1) >> 1)) {
      this.swap(at, (at - 1) >> 1)
      at = (at - 1) >> 1
    }
  }

  private sink(): void {
    const { length } = this.entries
    for (let at = 0; ;) {
      let least = at
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < length; child++) if (this.before(child, least)) least = child
      if (least === at) return
      this.swap(at, least)
      at = least
    }
  }

  private before(a: number, b: number): boolean {
    const difference = (this.deadlines[a] ?? 0) - (this.deadlines[b] ?? 0)
    return difference < 0 || (difference === 0 && (this.orders[a] ?? 0) < (this.orders[b] ?? 0))
  }

  private swap(a: number, b: number): void {
    exchange(this.entries, a, b)
    exchange(this.deadlines, a, b)
    exchange(this.orders, a, b)
  }
}

function exchange<T>(list: T[], a: number, b: number): void {
  const [first, second] = [list[a], list[b]]
  if (first === undefined || second === undefined) return
  list[a] = second
  list[b] = first
}
