import type { ResourceSet } from '../cache/cache.ts'
import { sameResource } from '../cache/diff.ts'
import { LayeredSet } from '../cache/layered-set.ts'
import { PatchedSet } from '../cache/patched-set.ts'
import type { XdsResource } from '../types/resource.ts'
import { SetHash } from './set-hash.ts'

/** The way from one set of resources to another, for whoever holds the first. Lists are frozen, and the same for all who ask. */
export interface Transition {
  /** Together all that is new or other. */
  readonly changed: readonly (readonly XdsResource[])[]
  readonly removed: readonly XdsResource[]
  /** Wanted names that the second set does not have, held or not. */
  readonly missing: readonly string[]
}

export const EMPTY_SET: ResourceSet = new Map<string, XdsResource>()
const NOTHING: readonly never[] = Object.freeze([])
const NO_WAY: Transition = { changed: NOTHING, removed: NOTHING, missing: NOTHING }

/**
 * What somebody who wants `names` (null: everything) and holds `before` must learn to be at `after`. Thousands of clients go the
 * same way at the same time, so it is worked out once for each pair of sets that are shared.
 */
export function transition(names: ReadonlySet<string> | null, before: ResourceSet, after: ResourceSet): Transition {
  if (names !== null) return ofNames(names, before, after)
  if (before === after) return NO_WAY
  return joined(pairs(before, after).map(([from, to]) => ofSets(from, to)))
}

/** Layer by layer where the layers of both are in the same places; a name must not move between them. */
function pairs(before: ResourceSet, after: ResourceSet): readonly (readonly [ResourceSet, ResourceSet])[] {
  if (!(after instanceof LayeredSet) || after.overlaps) return [[before, after]]
  if (before.size === 0) return after.layers.map(layer => [EMPTY_SET, layer])
  if (!(before instanceof LayeredSet) || before.overlaps || before.layers.length !== after.layers.length) return [[before, after]]
  return after.layers.map((layer, index) => [before.layers[index] ?? EMPTY_SET, layer])
}

function joined(parts: readonly Transition[]): Transition {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return {
    changed: parts.flatMap(part => part.changed),
    removed: parts.flatMap(part => part.removed),
    missing: NOTHING,
  }
}

/** The last way from a set; who is slower than that pays for his own. */
const ways = new WeakMap<ResourceSet, WeakMap<ResourceSet, Transition>>()

function ofSets(before: ResourceSet, after: ResourceSet): Transition {
  if (before === after) return NO_WAY
  const fromHere = ways.get(before) ?? new WeakMap<ResourceSet, Transition>()
  ways.set(before, fromHere)
  let way = fromHere.get(after)
  const patch = after instanceof PatchedSet ? after.changesSince(before) : undefined
  if (way === undefined && patch !== undefined) {
    way = { changed: listOf([...patch]), removed: NOTHING, missing: NOTHING }
    fromHere.set(after, way)
  } else if (way === undefined) {
    const changed: XdsResource[] = []
    const removed: XdsResource[] = []
    for (const [name, resource] of after) if (!sameResource(before.get(name), resource)) changed.push(resource)
    for (const [name, resource] of before) if (!after.has(name)) removed.push(resource)
    way = { changed: listOf(changed), removed: Object.freeze(removed), missing: NOTHING }
    fromHere.set(after, way)
  }
  return way
}

interface NamedWay {
  readonly before: ResourceSet
  readonly after: ResourceSet
  readonly way: Transition
}

/** By the names, which clients with the same wishes share. */
const namedWays = new WeakMap<ReadonlySet<string>, NamedWay>()

function ofNames(names: ReadonlySet<string>, before: ResourceSet, after: ResourceSet): Transition {
  const known = namedWays.get(names)
  if (known?.before === before && known.after === after) return known.way
  const patch = patchFor(names, before, after)
  if (patch !== undefined) return patch
  const changed: XdsResource[] = []
  const removed: XdsResource[] = []
  const missing: string[] = []
  for (const name of names) {
    const now = after.get(name)
    const old = before.get(name)
    if (now === undefined) {
      missing.push(name)
      if (old !== undefined) removed.push(old)
    } else if (!sameResource(old, now)) changed.push(now)
  }
  const way = { changed: listOf(changed), removed: Object.freeze(removed), missing: Object.freeze(missing) }
  namedWays.set(names, { before, after, way })
  return way
}

/** By the set that was patched, and the names: clients of many views have the same names. */
const patches = new WeakMap<ResourceSet, WeakMap<ReadonlySet<string>, Transition>>()

/** Where only some resources became others. What is `missing` is as before, and has been told. */
function patchFor(names: ReadonlySet<string>, before: ResourceSet, after: ResourceSet): Transition | undefined {
  const changes = after instanceof PatchedSet ? after.changesSince(before) : undefined
  if (changes === undefined) return undefined
  const byNames = patches.get(after) ?? new WeakMap<ReadonlySet<string>, Transition>()
  patches.set(after, byNames)
  let way = byNames.get(names)
  if (way === undefined) {
    way = { changed: listOf(changes.filter(({ name }) => names.has(name))), removed: NOTHING, missing: NOTHING }
    byNames.set(names, way)
  }
  return way
}

function listOf(resources: XdsResource[]): readonly (readonly XdsResource[])[] {
  return resources.length === 0 ? NOTHING : Object.freeze([Object.freeze(resources)])
}

const hashes = new WeakMap<ResourceSet, SetHash>()
const namedHashes = new WeakMap<ReadonlySet<string>, { readonly of: ResourceSet; readonly hash: SetHash }>()

/** Hash of those of a set that have one of `names` (null: of all). */
export function hashOf(names: ReadonlySet<string> | null, set: ResourceSet): SetHash {
  if (names !== null) {
    const known = namedHashes.get(names)
    if (known?.of === set) return known.hash
    const hash = new SetHash()
    for (const name of names) {
      const resource = set.get(name)
      if (resource !== undefined) hash.add(resource)
    }
    namedHashes.set(names, { of: set, hash })
    return hash
  }
  let hash = hashes.get(set)
  if (hash === undefined) {
    hash = new SetHash()
    if (set instanceof LayeredSet && !set.overlaps) for (const layer of set.layers) hash.addAll(hashOf(null, layer))
    else for (const resource of set.values()) hash.add(resource)
    hashes.set(set, hash)
  }
  return hash
}

const lists = new WeakMap<ResourceSet, readonly (readonly XdsResource[])[]>()

/** All of a set, as lists that everybody shares. */
export function listsOf(set: ResourceSet): readonly (readonly XdsResource[])[] {
  if (set instanceof LayeredSet && !set.overlaps) return set.layers.flatMap(listsOf)
  let known = lists.get(set)
  if (known === undefined) {
    known = listOf([...set.values()])
    lists.set(set, known)
  }
  return known
}
