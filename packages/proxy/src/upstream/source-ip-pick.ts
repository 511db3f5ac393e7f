import type { Hash64 } from './hash/hash64.ts'
import { xxHash64 } from './hash/xx-hash.ts'
import type { PickContext } from './pick-context.ts'

/** A connection without requests that is placed by the address of its client (`tcp_proxy` with a hash of the source IP). */
export class SourceIpPick implements PickContext {
  readonly criteria = null
  private readonly address: string

  constructor(address: string) {
    this.address = address
  }

  hash(): Hash64 | null {
    return xxHash64(this.address)
  }

  header(): string | null {
    return null
  }
}
