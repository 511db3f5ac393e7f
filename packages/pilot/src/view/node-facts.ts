import type { Labels, ObjectOf } from '@meshwork/config/kinds'

/** Key of a node's metadata with the version of its proxy. */
export const VERSION_FACT = 'ISTIO_VERSION'

/** What EnvoyFilters ask about a node, and no more, so that nodes which differ elsewhere share a view. */
export function nodeFacts(metadata: Labels, filters: readonly ObjectOf<'EnvoyFilter'>[]): Labels {
  const asked = new Set<string>()
  for (const { match } of filters.flatMap(object => object.spec.configPatches)) {
    if ((match.proxy?.proxyVersion ?? '') !== '') asked.add(VERSION_FACT)
    for (const key of Object.keys(match.proxy?.metadata ?? {})) asked.add(key)
  }
  return Object.fromEntries(
    [...asked].toSorted().flatMap(key => {
      const value = metadata[key]
      return value === undefined ? [] : [[key, value]]
    }),
  )
}
