import type { Result } from '@meshwork/core/result'
import type { XdsNode } from '../types/node.ts'
import type { StreamPeer } from './peer.ts'
import type { StreamFailure } from './transport.ts'

/** What a client did with a version of a type: the source of `proxy-status`. */
export type SyncState =
  | { readonly kind: 'never-sent' }
  | { readonly kind: 'sent'; readonly version: string; readonly sentAt: number }
  | { readonly kind: 'acked'; readonly version: string; readonly ackedAt: number }
  | { readonly kind: 'nacked'; readonly version: string; readonly nackedAt: number; readonly message: string }

export interface ClientStatus {
  readonly node: XdsNode
  readonly viewKey: string
  readonly connectedAt: number
  readonly types: ReadonlyMap<string, SyncState>
  /** By type: resources that wait until the client has the clusters that they lead to. */
  readonly heldBack: ReadonlyMap<string, readonly string[]>
}

/** The control plane's side of a stream. */
export interface XdsServerHooks {
  /** Names the view of a new client, computing it first if need be; an error ends the stream (a text: with INVALID_ARGUMENT). */
  connected(node: XdsNode, peer: StreamPeer): Result<string, string | StreamFailure>
  disconnected(node: XdsNode, viewKey: string): void
  acked(node: XdsNode, typeUrl: string, version: string): void
  /** The client tells that it has become ready, so many milliseconds after its process began. At most once for each stream. */
  ready?(node: XdsNode, afterMs: number): void
  nacked(node: XdsNode, typeUrl: string, version: string, message: string): void
}
