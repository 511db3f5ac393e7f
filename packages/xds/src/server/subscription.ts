import type { ResourceSet } from '../cache/cache.ts'
import type { XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, LISTENER_TYPE, NAME_TABLE_TYPE, SCOPED_ROUTE_TYPE } from '../types/type-urls.ts'
import type { Decision } from './decide.ts'
import { HeldResources } from './held-resources.ts'
import type { SyncState } from './hooks.ts'

/**
 * Types whose first request without names means "everything", and whose absence from a state-of-the-world response means
 * deletion (xDS protocol, "Deleting resources").
 */
export function isFullStateType(typeUrl: string): boolean {
  return typeUrl === LISTENER_TYPE || typeUrl === CLUSTER_TYPE || typeUrl === SCOPED_ROUTE_TYPE || typeUrl === NAME_TABLE_TYPE
}

/** Names that must be compared with the cache again; `everything` when the cache or the client said no names. */
export type Dirt = { readonly kind: 'clean' } | { readonly kind: 'names'; readonly names: Set<string> } | { readonly kind: 'everything' }

const NO_NAMES: ReadonlySet<string> = new Set()
/** From so many names on it is cheaper to compare everything than to remember which. */
const MANY_NAMES = 64
const MOST_FORCED_LISTS = 4

/**
 * What one client asked for and holds, of one type. Owned by its `DiscoveryStream`; read by `decide`.
 * Both protocol variants keep the same state: they differ in how requests change it and how answers are written.
 */
export class Subscription {
  readonly typeUrl: string
  /** The wildcard was never said: a later request without names still means everything. */
  implicitWildcard = false
  /** Names that must be answered even if the client holds the current version, or if there is no such resource. */
  readonly forced: Set<string> = new Set()
  /** Lists of resources of another type whose names must be answered likewise; the same lists for many clients. */
  forcedLists: readonly (readonly XdsResource[])[] = []
  /** Names to force at the next request: an Envoy that warms a changed cluster asks for its endpoints again. */
  readonly forceOnRequest: Set<string> = new Set()
  /** Names found absent that are still to be taken from the client, after all additions of all types. */
  readonly removals: Set<string> = new Set()
  /** Names whose change waits until the client has what it refers to. */
  heldBack: ReadonlySet<string> = NO_NAMES
  /** An answer is owed even if it is empty. */
  owesAnswer = false
  /** All wanted names that do not exist must be said to be absent. */
  owesMissing = false
  /** The client says that it has something from an earlier stream: it is running, and has something to lose. */
  isRunning = false
  started = false
  dirt: Dirt = { kind: 'clean' }
  lastNonce = ''
  /** The response with `lastNonce` has been accepted or rejected. */
  answered = true
  sync: SyncState = { kind: 'never-sent' }
  readonly held: HeldResources = new HeldResources(name => this.wants(name))
  private everything = false
  private wanted: ReadonlySet<string> = NO_NAMES

  constructor(typeUrl: string) {
    this.typeUrl = typeUrl
  }

  /** Everything is wanted, by `*` or by the implicit rule of listeners and clusters. */
  get wildcard(): boolean {
    return this.everything
  }

  get names(): ReadonlySet<string> {
    return this.wanted
  }

  /** The names that are wanted, null for everything. */
  get wishes(): ReadonlySet<string> | null {
    return this.everything ? null : this.wanted
  }

  /** Whether the client holds what others hold, and needs nothing for itself. */
  get goesWithOthers(): boolean {
    return this.held.isShared && this.forced.size === 0 && (!this.everything || this.wanted.size === 0)
  }

  wants(name: string): boolean {
    return this.everything || this.wanted.has(name)
  }

  /** Changes what is wanted. What is held and no longer wanted is forgotten: the client knows that itself. */
  wish(wildcard: boolean, names: ReadonlySet<string>): void {
    this.held.rewish(() => {
      this.everything = wildcard
      this.wanted = names
    })
    for (const name of [...this.removals]) if (!this.wants(name)) this.removals.delete(name)
    for (const name of [...this.forced]) if (!this.wants(name)) this.forced.delete(name)
  }

  /** Version of all that the client holds together. */
  heldSetVersion(): string {
    return this.held.hash(this.wishes)
  }

  markAll(): void {
    this.dirt = { kind: 'everything' }
  }

  mark(names: ReadonlySet<string> | readonly string[] | null): void {
    if (names === null || ('size' in names && names.size >= MANY_NAMES)) this.markAll()
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

  /** The client must be sent again what has a name in `list`. */
  forceList(list: readonly XdsResource[]): void {
    this.forcedLists = [...this.forcedLists, list]
    this.markAll()
    if (this.forcedLists.length > MOST_FORCED_LISTS) this.expandForced()
  }

  /** Lists of names become names. */
  expandForced(): void {
    for (const list of this.forcedLists) for (const { name } of list) if (this.wants(name)) this.force(name)
    this.forcedLists = []
  }

  /** The client has been sent what `decision` says, so it is at `existing`, but for what is still to be taken from it or waits. */
  book(decision: Decision, existing: ResourceSet): void {
    this.forced.clear()
    this.forcedLists = []
    this.owesAnswer = false
    this.owesMissing = false
    for (const name of decision.removed) this.removals.add(name)
    this.heldBack = decision.heldBack
    if (decision.heldBack.size === 0) {
      this.held.rebase(
        existing,
        [...this.removals].flatMap(name => (existing.has(name) ? [] : (this.held.get(name) ?? []))),
      )
      this.dirt = { kind: 'clean' }
      return
    }
    for (const list of decision.changed) for (const resource of list) this.held.hold(resource)
    this.dirt = { kind: 'names', names: new Set(decision.heldBack) }
  }
}
