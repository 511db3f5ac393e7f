import type { XdsResource } from '../types/resource.ts'
import type { ResourceSet } from './cache.ts'

/** By identity first: an untouched resource need not even be encoded to be known equal. */
export function sameResource(a: XdsResource | undefined, b: XdsResource | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.version === b.version)
}

/** Names that differ between two sets: added, changed or removed. */
export function changedNames(before: ResourceSet, after: ResourceSet): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [name, resource] of after) if (!sameResource(before.get(name), resource)) names.add(name)
  for (const name of before.keys()) if (!after.has(name)) names.add(name)
  return names
}
