import type { ResourceSet } from '../cache/cache.ts'
import type { XdsResource } from '../types/resource.ts'
import { SetHash, type Versioned } from './set-hash.ts'
import { EMPTY_SET, hashOf, listsOf } from './transition.ts'

/** What a client holds, as far as the server knows: a resource that it was sent, or a claim of an earlier stream. */
export type Held = XdsResource | Versioned

/**
 * What a client holds of one type: what it wants of a set that many clients share (`base`), save for some names of its own. So a
 * client that is where all others are costs next to nothing. `wants` restricts the base, and so must not change without `rewish`.
 */
export class HeldResources {
  private readonly wants: (name: string) => boolean
  private baseSet: ResourceSet = EMPTY_SET
  /** null: not held, whatever the base says. */
  private readonly own = new Map<string, Held | null>()

  constructor(wants: (name: string) => boolean) {
    this.wants = wants
  }

  get base(): ResourceSet {
    return this.baseSet
  }

  /** Whether the client holds exactly what it wants of the base. */
  get isShared(): boolean {
    return this.own.size === 0
  }

  get(name: string): Held | undefined {
    const own = this.own.get(name)
    if (own !== undefined) return own ?? undefined
    return this.wants(name) ? this.baseSet.get(name) : undefined
  }

  *names(): IterableIterator<string> {
    for (const [name, held] of this.own) if (held !== null) yield name
    if (this.baseSet.size === 0) return
    for (const name of this.baseSet.keys()) if (!this.own.has(name) && this.wants(name)) yield name
  }

  hold(held: Held): void {
    if (this.wants(held.name) && this.baseSet.get(held.name) === held) this.own.delete(held.name)
    else this.own.set(held.name, held)
  }

  release(name: string): void {
    if (this.wants(name) && this.baseSet.has(name)) this.own.set(name, null)
    else this.own.delete(name)
  }

  /** The client now holds all that it wants of `base`, and `others` beside it. */
  rebase(base: ResourceSet, others: Iterable<Held>): void {
    this.baseSet = base
    this.own.clear()
    for (const held of others) this.own.set(held.name, held)
  }

  /** The client's wishes change: what it holds of the base becomes its own, and `change` may do what it likes to `wants`. */
  rewish(change: () => void): void {
    if (this.baseSet !== EMPTY_SET) {
      const held = [...this.names()].flatMap(name => this.get(name) ?? [])
      this.rebase(EMPTY_SET, held)
    }
    change()
    for (const name of this.own.keys()) if (!this.wants(name)) this.own.delete(name)
  }

  /** Hash of all that is held. `names` are the wishes, null for everything. */
  hash(names: ReadonlySet<string> | null): string {
    const ofBase = hashOf(names, this.baseSet)
    if (this.own.size === 0) return ofBase.text()
    const sum = new SetHash()
    sum.addAll(ofBase)
    for (const [name, held] of this.own) {
      const inBase = this.wants(name) ? this.baseSet.get(name) : undefined
      if (inBase !== undefined) sum.remove(inBase)
      if (held !== null) sum.add(held)
    }
    return sum.text()
  }

  /** The resources that are held, in lists that other clients share if possible. `names` are the wishes, null for everything. */
  lists(names: ReadonlySet<string> | null): readonly (readonly XdsResource[])[] {
    const own = [...this.own].flatMap(([, held]) => withBytes(held))
    if (names === null && [...this.own.keys()].every(name => !this.baseSet.has(name))) {
      return own.length === 0 ? listsOf(this.baseSet) : [own, ...listsOf(this.baseSet)]
    }
    return [[...this.names()].flatMap(name => withBytes(this.get(name) ?? null))]
  }
}

/** A claim of an earlier stream has no bytes to send. */
function withBytes(held: Held | null): readonly XdsResource[] {
  return held !== null && 'bytes' in held ? [held] : []
}
