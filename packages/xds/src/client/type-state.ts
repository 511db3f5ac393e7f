import { type DeltaRequest, type SotwRequest, WILDCARD, type XdsRequest } from '../types/messages.ts'
import type { XdsNode } from '../types/node.ts'
import type { TypeStore } from './store.ts'

/** What is wanted of a type: names, or everything there is. */
export type Interest = { readonly kind: 'everything' } | { readonly kind: 'names'; readonly names: ReadonlySet<string> }

/** The client's side of one type: interest, versions and nonces. Survives streams; `begin` is called for each new one. */
export class TypeState {
  readonly store: TypeStore
  /** Version of the last state-of-the-world response that was accepted, or system version for people (delta). */
  acceptedVersion = ''
  /** When the last response came, accepted or not. null: never. */
  lastResponseAt: number | null = null
  /** Text of the last NACK, null after an ACK. */
  lastError: string | null = null
  private interest: Interest
  /** What the server knows of our interest on this stream; null before the first request of the stream. */
  private announced: Interest | null = null
  private nonce = ''

  constructor(store: TypeStore, interest: Interest) {
    this.store = store
    this.interest = interest
  }

  get interestIsNew(): boolean {
    return this.announced !== this.interest && this.isWorthAsking()
  }

  /** A response of this stream has been answered. */
  get isAnswered(): boolean {
    return this.nonce !== ''
  }

  want(interest: Interest): void {
    if (sameInterest(this.interest, interest)) return
    this.interest = interest
    this.store.retain(name => this.wants(name))
  }

  wants(name: string): boolean {
    return this.interest.kind === 'everything' || this.interest.names.has(name)
  }

  /** A new stream: nonces of the old one mean nothing, versions stay. */
  begin(): void {
    this.announced = null
    this.nonce = ''
    this.store.forgetUnwanted()
  }

  /** The request that tells the server what is wanted now. */
  interestRequest(variant: 'sotw' | 'delta', node: XdsNode | null): XdsRequest {
    return variant === 'sotw' ? this.sotwRequest(node, null) : this.deltaRequest(node, null, '')
  }

  /** Answers the response with `nonce`. In state of the world, every request also says what is wanted now. */
  answer(variant: 'sotw' | 'delta', nonce: string, error: string | null): XdsRequest {
    this.nonce = nonce
    this.lastError = error
    return variant === 'sotw' ? this.sotwRequest(null, error) : this.deltaRequest(null, error, nonce)
  }

  /** A late NACK of the last response; null when that came on an earlier stream. */
  takeBack(variant: 'sotw' | 'delta', error: string): XdsRequest | null {
    this.lastError = error
    return this.nonce === '' ? null : this.answer(variant, this.nonce, error)
  }

  private sotwRequest(node: XdsNode | null, error: string | null): SotwRequest {
    const claimed = this.announced === null && !this.holdsAllWanted() ? '' : this.acceptedVersion
    this.announced = this.interest
    return {
      kind: 'sotw',
      node,
      typeUrl: this.store.typeUrl,
      resourceNames: this.interest.kind === 'names' ? [...this.interest.names] : this.store.absenceDeletes ? [] : [WILDCARD],
      versionInfo: claimed,
      responseNonce: this.nonce,
      error,
    }
  }

  private deltaRequest(node: XdsNode | null, error: string | null, responseNonce: string): DeltaRequest {
    const first = this.announced === null
    const before = wordsOf(this.announced)
    const after = wordsOf(this.interest)
    this.announced = this.interest
    return {
      kind: 'delta',
      node,
      typeUrl: this.store.typeUrl,
      subscribe: [...after].filter(name => !before.has(name)),
      unsubscribe: [...before].filter(name => !after.has(name)),
      initialVersions: first ? new Map([...this.store.stored.values()].map(held => [held.name, held.version])) : new Map(),
      responseNonce,
      error,
    }
  }

  /**
   * Whether a new stream may be resumed by version. What was unwanted for a while has been forgotten, and its version stands
   * for it all the same: a server that believed it would not send it again.
   */
  private holdsAllWanted(): boolean {
    return this.interest.kind === 'everything' || [...this.interest.names].every(name => this.store.stored.has(name))
  }

  /** An empty list of names would mean everything in the first request of listeners and clusters, and nothing of others. */
  private isWorthAsking(): boolean {
    return this.announced !== null || this.interest.kind === 'everything' || this.interest.names.size > 0
  }
}

function wordsOf(interest: Interest | null): ReadonlySet<string> {
  if (interest === null) return new Set()
  return interest.kind === 'names' ? interest.names : new Set([WILDCARD])
}

function sameInterest(a: Interest, b: Interest): boolean {
  if (a.kind === 'everything' || b.kind === 'everything') return a.kind === b.kind
  return a.names.size === b.names.size && [...a.names].every(name => b.names.has(name))
}
