import type { XdsResource } from '../types/resource.ts'

/** The resources of one type that one client may see, at one moment. Immutable: a change makes a new set. */
export type ResourceSet = ReadonlyMap<string, XdsResource>

/**
 * What exists, and who may see it. The stream knows what the client asked for and holds; the cache knows the rest.
 * `viewKey` is opaque here: clients with equal keys see equal resources.
 */
export interface XdsCache {
  /** undefined: this view has not been computed yet, so nothing may be said about absence. */
  resources(viewKey: string, typeUrl: string): ResourceSet | undefined
  /** Calls `changed` after each change of that view's resources of that type, until the returned function is called. */
  watch(viewKey: string, typeUrl: string, changed: () => void): () => void
}
