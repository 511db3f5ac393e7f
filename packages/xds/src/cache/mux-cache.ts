import type { CacheListener, ResourceSet, XdsCache } from './cache.ts'

class MuxCache implements XdsCache {
  private readonly byType: ReadonlyMap<string, XdsCache>
  private readonly rest: XdsCache

  constructor(byType: ReadonlyMap<string, XdsCache>, rest: XdsCache) {
    this.byType = byType
    this.rest = rest
  }

  resources(viewKey: string, typeUrl: string): ResourceSet | undefined {
    return (this.byType.get(typeUrl) ?? this.rest).resources(viewKey, typeUrl)
  }

  watch(viewKey: string, typeUrl: string, changed: CacheListener): () => void {
    return (this.byType.get(typeUrl) ?? this.rest).watch(viewKey, typeUrl, changed)
  }
}

/** One cache out of several: `byType` for the types it names, `rest` for all others. */
export function muxCaches(byType: ReadonlyMap<string, XdsCache>, rest: XdsCache): XdsCache {
  return new MuxCache(byType, rest)
}
