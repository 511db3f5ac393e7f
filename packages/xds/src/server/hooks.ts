import type { Result } from '@meshwork/core/result'
import type { XdsNode } from '../types/node.ts'

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
}

/** The control plane's side of a stream. */
export interface XdsServerHooks {
  /** Names the view of a new client, computing it first if need be; an error ends the stream with INVALID_ARGUMENT and that text. */
  connected(node: XdsNode): Result<string, string>
  disconnected(node: XdsNode, viewKey: string): void
  acked(node: XdsNode, typeUrl: string, version: string): void
  nacked(node: XdsNode, typeUrl: string, version: string, message: string): void
}
