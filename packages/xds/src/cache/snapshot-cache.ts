import type { XdsResource } from '../types/resource.ts'
import type { CacheListener, ResourceSet, XdsCache } from './cache.ts'
import { changedNames, sameResource } from './diff.ts'
import { Watchers } from './watchers.ts'

/**
 * One set of resources per view and type, replaced as a whole. Owned by the control plane's push loop; streams read it.
 * Replacing a set with an equal one tells nobody and keeps the bytes that are already encoded.
 */
export class SnapshotCache implements XdsCache {
  private readonly views = new Map<string, Map<string, ResourceSet>>()
  private readonly watchers = new Watchers()

  resources(viewKey: string, typeUrl: string): ResourceSet | undefined {
    return this.views.get(viewKey)?.get(typeUrl)
  }

  watch(viewKey: string, typeUrl: string, changed: CacheListener): () => void {
    return this.watchers.add(watchKey(viewKey, typeUrl), changed)
  }

  /** Replaces one type of one view. Of two resources with one name, the last counts. */
  set(viewKey: string, typeUrl: string, resources: Iterable<XdsResource>): void {
    this.update(viewKey, new Map([[typeUrl, resources]]))
  }

  /** Replaces several types of one view; watchers are told when all of them are in place. Other types stay. */
  update(viewKey: string, types: ReadonlyMap<string, Iterable<XdsResource>>): void {
    const changes: [typeUrl: string, names: ReadonlySet<string> | null][] = []
    for (const [typeUrl, resources] of types) {
      const names = this.replace(viewKey, typeUrl, resources)
      if (names === null || names.size > 0) changes.push([typeUrl, names])
    }
    for (const [typeUrl, names] of changes) this.watchers.notify(watchKey(viewKey, typeUrl), names)
  }

  /** Forgets a view that no client uses. Its watchers are not told: to them the view is again not computed. */
  drop(viewKey: string): void {
    this.views.delete(viewKey)
  }

  viewKeys(): readonly string[] {
    return [...this.views.keys()]
  }

  /** null: the view had no such type before. */
  private replace(viewKey: string, typeUrl: string, resources: Iterable<XdsResource>): ReadonlySet<string> | null {
    const view = this.views.get(viewKey) ?? new Map<string, ResourceSet>()
    this.views.set(viewKey, view)
    const before = view.get(typeUrl)
    const after = new Map<string, XdsResource>()
    for (const resource of resources) {
      const old = before?.get(resource.name)
      after.set(resource.name, old !== undefined && sameResource(old, resource) ? old : resource)
    }
    view.set(typeUrl, after)
    return before === undefined ? null : changedNames(before, after)
  }
}

function watchKey(viewKey: string, typeUrl: string): string {
  return `${typeUrl}\n${viewKey}`
}
