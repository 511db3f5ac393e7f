import type { XdsResource } from '../types/resource.ts'

/** The resources of one type that one client may see, by name. A set that a cache has handed out is never changed. */
export interface ResourceSet extends Iterable<[string, XdsResource]> {
  readonly size: number
  get(name: string): XdsResource | undefined
  has(name: string): boolean
  keys(): Iterable<string>
  values(): Iterable<XdsResource>
}

/** Told after a change: the names that were added, changed or removed, or null when that is not known. */
export type CacheListener = (names: ReadonlySet<string> | null) => void

/**
 * What exists, and who may see it. The stream knows what the client asked for and holds; the cache knows the rest.
 * `viewKey` is opaque here: clients with equal keys see equal resources.
 */
export interface XdsCache {
  /** undefined: this view has not been computed yet, so nothing may be said about absence. */
  resources(viewKey: string, typeUrl: string): ResourceSet | undefined
  /** Calls `changed` after each change of that view's resources of that type, until the returned function is called. */
  watch(viewKey: string, typeUrl: string, changed: CacheListener): () => void
}
