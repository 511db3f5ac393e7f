import type { XdsResource } from '../types/resource.ts'
import type { ResourceSet } from './cache.ts'
import { changedNames, sameResource } from './diff.ts'
import { PatchedSet } from './patched-set.ts'

/** A set after a change, and the names that the change concerned; null: there was none before. */
export interface Replacement {
  readonly set: ResourceSet
  readonly names: ReadonlySet<string> | null
}

interface Replaced extends Replacement {
  readonly before: ResourceSet | undefined
}

interface Patched extends Replacement {
  readonly resources: readonly XdsResource[]
}

/**
 * What sets become. Layers that have one set, and are given the same resources, have one set afterwards too: the work and the memory
 * are those of one layer. State: the last change of each list and of each set, for as long as those are in use.
 */
export class Replacements {
  private readonly byList = new WeakMap<Iterable<XdsResource>, Replaced>()
  private readonly bySet = new WeakMap<ResourceSet, Patched>()

  /** All of a set. Resources that are as before stay the same objects, with the bytes that are already encoded. */
  replace(before: ResourceSet | undefined, resources: Iterable<XdsResource>): Replacement {
    const known = this.byList.get(resources)
    if (known !== undefined && known.before === before) return known
    const set = new Map<string, XdsResource>()
    for (const resource of resources) {
      const old = before?.get(resource.name)
      set.set(resource.name, old !== undefined && sameResource(old, resource) ? old : resource)
    }
    const made = { before, set, names: before === undefined ? null : changedNames(before, set) }
    this.byList.set(resources, made)
    return made
  }

  /** Single resources that a set has already. */
  patch(before: ResourceSet, resources: readonly XdsResource[]): Replacement {
    const known = this.bySet.get(before)
    if (known !== undefined && sameItems(known.resources, resources)) return known
    const other = resources.filter(({ name }) => before.has(name)).filter(each => !sameResource(before.get(each.name), each))
    const set = other.length === 0 ? before : new PatchedSet(before, other)
    const made = { resources, set, names: new Set(other.map(({ name }) => name)) }
    this.bySet.set(before, made)
    return made
  }
}

function sameItems(a: readonly XdsResource[], b: readonly XdsResource[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
