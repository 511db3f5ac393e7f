import type { HeaderName } from '../http/header-name.ts'
import { staticIndexOf } from './static-table.ts'

/** Values of one name that are found again; more of them would have to be searched. */
const REMEMBERED = 4
/** Misses after which values of a name are no longer kept, but for one in `PROBE_EVERY`. */
const MAX_MISSES = 6
const PROBE_EVERY = 64

/** What an encoder knows of one field name: which values of it are in the dynamic table, and whether keeping them pays. */
export class EncoderName {
  readonly key: string
  readonly id: number
  /** 0: the static table does not have the name. */
  readonly staticIndex: number
  /** Number of the newest entry with this name, 0 for none. */
  newest = 0
  private readonly values: string[] = []
  private readonly numbers: number[] = []
  private oldest = 0
  private misses = 0
  private unkept = 0

  constructor(name: HeaderName) {
    this.key = name.key
    this.id = name.id
    this.staticIndex = staticIndexOf(name.key)
  }

  /** Number of the entry with this value, which may have left the table since; 0 for none. */
  find(value: string): number {
    const { values } = this
    for (let i = 0; i < values.length; i++) if (values[i] === value) return this.numbers[i] ?? 0
    return 0
  }

  hit(): void {
    if (this.misses > 0) this.misses--
  }

  /** Asked at each miss. */
  worthKeeping(): boolean {
    if (this.misses < MAX_MISSES) {
      this.misses++
      return true
    }
    return ++this.unkept % PROBE_EVERY === 0
  }

  /** The value is the entry `number` from now on. */
  kept(value: string, number: number): void {
    this.newest = number
    const known = this.values.indexOf(value)
    const slot = known >= 0 ? known : this.oldest
    if (known < 0) this.oldest = (this.oldest + 1) % REMEMBERED
    // A slice would keep the whole head it was cut from.
    this.values[slot] = Buffer.from(value, 'latin1').toString('latin1')
    this.numbers[slot] = number
  }
}
