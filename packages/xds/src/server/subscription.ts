import { CLUSTER_TYPE, LISTENER_TYPE, NAME_TABLE_TYPE } from '../types/type-urls.ts'
import type { SyncState } from './hooks.ts'
import { SetHash } from './set-hash.ts'

/**
 * Types whose first request without names means "everything", and whose absence from a state-of-the-world response means
 * deletion (xDS protocol, "Deleting resources").
 */
export function isFullStateType(typeUrl: string): boolean {
  return typeUrl === LISTENER_TYPE || typeUrl === CLUSTER_TYPE || typeUrl === NAME_TABLE_TYPE
}

/** Names that must be compared with the cache again; `everything` when the cache or the client said no names. */
export type Dirt = { readonly kind: 'clean' } | { readonly kind: 'names'; readonly names: Set<string> } | { readonly kind: 'everything' }

/**
 * What one client asked for and holds, of one type. Owned by its `DiscoveryStream`; read by `decide`.
 * Both protocol variants keep the same state: they differ in how requests change it and how answers are written.
 */
export class Subscription {
  readonly typeUrl: string
  /** Everything is wanted, by `*` or by the implicit rule of listeners and clusters. */
  wildcard = false
  /** The wildcard was never said: a later request without names still means everything. */
  implicitWildcard = false
  readonly names: Set<string> = new Set()
  /** Names that must be answered even if the client holds the current version, or if there is no such resource. */
  readonly forced: Set<string> = new Set()
  /** Names to force at the next request: an Envoy that warms a changed cluster asks for its endpoints again. */
  readonly forceOnRequest: Set<string> = new Set()
  /** Names found absent that are still to be taken from the client, after all additions of all types. */
  readonly removals: Set<string> = new Set()
  /** An answer is owed even if it is empty. */
  owesAnswer = false
  started = false
  dirt: Dirt = { kind: 'clean' }
  lastNonce = ''
  /** The response with `lastNonce` has been accepted or rejected. */
  answered = true
  sync: SyncState = { kind: 'never-sent' }
  private readonly held = new Map<string, string>()
  private readonly hash = new SetHash()

  constructor(typeUrl: string) {
    this.typeUrl = typeUrl
  }

  wants(name: string): boolean {
    return this.wildcard || this.names.has(name)
  }

  /** The version of `name` that the client was last sent or said it has. */
  heldVersion(name: string): string | undefined {
    return this.held.get(name)
  }

  heldNames(): IterableIterator<string> {
    return this.held.keys()
  }

  hold(name: string, version: string): void {
    const before = this.held.get(name)
    if (before !== undefined) this.hash.remove(name, before)
    this.held.set(name, version)
    this.hash.add(name, version)
  }

  release(name: string): void {
    const version = this.held.get(name)
    if (version === undefined) return
    this.held.delete(name)
    this.hash.remove(name, version)
  }

  /** Version of all that the client holds together. */
  heldSetVersion(): string {
    return this.hash.text()
  }

  markAll(): void {
    this.dirt = { kind: 'everything' }
  }

  mark(names: Iterable<string> | null): void {
    if (names === null) this.markAll()
    if (this.dirt.kind === 'everything' || names === null) return
    const dirty = this.dirt.kind === 'names' ? this.dirt.names : new Set<string>()
    for (const name of names) if (this.wants(name)) dirty.add(name)
    if (dirty.size > 0) this.dirt = { kind: 'names', names: dirty }
  }

  /** The client must be sent `name` again, or told that there is none. */
  force(name: string): void {
    this.forced.add(name)
    this.mark([name])
  }

  /** Forgets everything the client holds but no longer wants. It knows that itself and need not be told. */
  releaseUnwanted(): void {
    for (const name of [...this.held.keys()]) if (!this.wants(name)) this.release(name)
    for (const name of [...this.removals]) if (!this.wants(name)) this.removals.delete(name)
  }
}
