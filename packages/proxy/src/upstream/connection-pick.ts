import type { SubsetCriteria } from '../model/balancing.ts'
import type { Hash64 } from './hash/hash64.ts'
import { xxHash64 } from './hash/xx-hash.ts'
import type { PickContext } from './pick-context.ts'

/** A connection without requests: placed by the address of its client (a hash of the source IP) and by labels of hosts. */
export class ConnectionPick implements PickContext {
  readonly criteria: SubsetCriteria | null
  private readonly hashed: string | null

  /** `hashed`: null for no hash. */
  constructor(hashed: string | null, criteria: SubsetCriteria | null) {
    this.hashed = hashed
    this.criteria = criteria
  }

  hash(): Hash64 | null {
    return this.hashed === null ? null : xxHash64(this.hashed)
  }

  header(): string | null {
    return null
  }
}
