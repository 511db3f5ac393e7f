import type { XdsResource } from '../types/resource.ts'
import type { CacheListener, ResourceSet, XdsCache } from './cache.ts'
import { changedNames, sameResource } from './diff.ts'
import { Watchers } from './watchers.ts'

const EVERYONE = ''

/**
 * One collection of one type that every view shares: right for endpoints, where a change concerns one name and all who
 * asked for it get the same bytes. Until the first `set` or `apply` it is not computed.
 */
export class LinearCache implements XdsCache {
  readonly typeUrl: string
  private current: Map<string, XdsResource> | undefined
  private readonly watchers = new Watchers()

  constructor(typeUrl: string) {
    this.typeUrl = typeUrl
  }

  resources(_viewKey: string, typeUrl: string): ResourceSet | undefined {
    return typeUrl === this.typeUrl ? this.current : undefined
  }

  watch(_viewKey: string, typeUrl: string, changed: CacheListener): () => void {
    return typeUrl === this.typeUrl ? this.watchers.add(EVERYONE, changed) : () => undefined
  }

  /** Replaces everything. */
  set(resources: Iterable<XdsResource>): void {
    const after = new Map<string, XdsResource>()
    for (const resource of resources) after.set(resource.name, resource)
    const before = this.current
    this.current = after
    if (before === undefined) this.watchers.notify(EVERYONE, null)
    else this.tell(changedNames(before, after))
  }

  /** Adds or replaces `changed`, takes `removed` away. Cost follows the change, not the collection. */
  apply(changed: Iterable<XdsResource>, removed: Iterable<string> = []): void {
    const first = this.current === undefined
    const current = (this.current ??= new Map())
    const names = new Set<string>()
    for (const name of removed) if (current.delete(name)) names.add(name)
    for (const resource of changed) {
      if (sameResource(current.get(resource.name), resource)) continue
      current.set(resource.name, resource)
      names.add(resource.name)
    }
    if (first) this.watchers.notify(EVERYONE, null)
    else this.tell(names)
  }

  private tell(names: ReadonlySet<string>): void {
    if (names.size > 0) this.watchers.notify(EVERYONE, names)
  }
}
