import type { ResourceSet } from '../cache/cache.ts'
import type { XdsRequest, XdsResponse } from '../types/messages.ts'
import type { XdsResource } from '../types/resource.ts'
import type { Decision } from './decide.ts'
import type { Subscription } from './subscription.ts'

/** What a request said about an earlier response. */
export type Verdict = { readonly kind: 'none' } | { readonly kind: 'ack' } | { readonly kind: 'nack'; readonly message: string }

/** Where the two protocol variants differ: how requests change a subscription, and how answers are written. */
export interface Variant<Request extends XdsRequest> {
  /** Applies `request` to the state of its type, and says what it means for the last response. */
  apply(subscription: Subscription, request: Request, existing: ResourceSet | undefined): Verdict
  /** Writes an answer with what `decision` brings, which is booked already. null: this variant has nothing to say. */
  additions(subscription: Subscription, decision: Decision, owesAnswer: boolean, nonce: string): XdsResponse | null
  /** Takes `names`, which no longer exist, from the client. null: this variant cannot say so. */
  removals(subscription: Subscription, names: readonly string[], nonce: string): XdsResponse | null
  /** Clusters (or listeners) went out: their endpoints (or routes) may be needed again for warming. */
  dependencySent(dependent: Subscription, lists: readonly (readonly XdsResource[])[]): void
}

/** Lists so long are remembered as they are, which costs the same for one client as for a thousand. */
export const LONG_LIST = 16
