import type { SubsetCriteria } from '../model/balancing.ts'
import type { Hash64 } from './hash/hash64.ts'

/** What a request says about the host it wants. Asked for only by clusters that look at it. */
export interface PickContext {
  /** null: no hash policy gave one. */
  hash(): Hash64 | null
  /** Metadata that the host must have; null: any. */
  readonly criteria: SubsetCriteria | null
  /** Value of the first header line of this lower-case name, or null. */
  header(name: string): string | null
}
