import type { XdsResource } from '../types/resource.ts'
import type { ResourceSet } from './cache.ts'

/** With more changes than this the set is copied as a whole, so that looking up stays two steps. */
const MOST_CHANGES = 32

/**
 * A set with other resources of names that it has already: copies nothing but these, and knows what differs from the set before,
 * so that nobody has to compare thousands of names to find one.
 */
export class PatchedSet implements ResourceSet {
  private readonly base: ResourceSet
  private readonly patches: ReadonlyMap<string, XdsResource>
  /** Weak: who holds the newest set must not hold all that there ever were. */
  private readonly before: WeakRef<ResourceSet>
  private readonly changes: readonly XdsResource[]

  /** `changes` have names that are in `before`. */
  constructor(before: ResourceSet, changes: readonly XdsResource[]) {
    const isPatched = before instanceof PatchedSet
    const patches = new Map(isPatched ? before.patches : [])
    for (const resource of changes) patches.set(resource.name, resource)
    const base = isPatched ? before.base : before
    this.base = patches.size > MOST_CHANGES ? new Map([...base, ...patches]) : base
    this.patches = patches.size > MOST_CHANGES ? new Map<string, XdsResource>() : patches
    this.before = new WeakRef(before)
    this.changes = changes
  }

  /** What differs from `set`; undefined: that was not the set before this one. */
  changesSince(set: ResourceSet): readonly XdsResource[] | undefined {
    return this.before.deref() === set ? this.changes : undefined
  }

  get size(): number {
    return this.base.size
  }

  get(name: string): XdsResource | undefined {
    return this.patches.get(name) ?? this.base.get(name)
  }

  has(name: string): boolean {
    return this.base.has(name)
  }

  keys(): Iterable<string> {
    return this.base.keys()
  }

  *values(): IterableIterator<XdsResource> {
    for (const [, resource] of this) yield resource
  }

  *[Symbol.iterator](): IterableIterator<[string, XdsResource]> {
    for (const [name, resource] of this.base) yield [name, this.patches.get(name) ?? resource]
  }
}
