import { CONTINUE, type FilterBlueprint, type FilterStatus, type FilterStream } from '../filter.ts'

export interface MetadataEntry {
  readonly namespace: string
  /** Otherwise it is said only where the namespace has nothing yet. */
  readonly overwrites: boolean
  readonly value: Readonly<Record<string, unknown>>
}

/** Says the same about every request (`envoy.extensions.filters.http.set_metadata.v3.Config`). */
export function setMetadataBlueprint(entries: readonly MetadataEntry[]): FilterBlueprint {
  const onRequestHead = (stream: FilterStream): FilterStatus => {
    for (const { namespace, overwrites, value } of entries)
      if (overwrites || stream.dynamicMetadata(namespace) === null) stream.mergeDynamicMetadata(namespace, value)
    return CONTINUE
  }
  return { name: 'envoy.filters.http.set_metadata', compile: () => ({ onRequestHead }) }
}
