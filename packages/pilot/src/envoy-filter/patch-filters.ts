import type { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import type { CompiledPatch, LegacyPlace } from './compiled-patch.ts'
import { currentName, sameFilter } from './filter-names.ts'
import { mergeMessages } from './merge-messages.ts'
import { patchList } from './patch-list.ts'
import type { Failed } from './patch-routes.ts'
import { PATCHED_TYPES } from './patch-types.ts'

export const MANAGER = 'envoy.filters.network.http_connection_manager'
/** What ends a chain; nothing may follow it. */
const TERMINAL: ReadonlySet<string> = new Set([MANAGER, 'envoy.filters.network.tcp_proxy', 'envoy.filters.http.router'])
/** The first of the filters that 1.0 placed behind all that a configuration added. */
const BEHIND_LAST = 'envoy.filters.http.cors'

/** Network filters of a chain after one patch. */
export function patchNetworkFilters(filters: readonly Filter[], patch: CompiledPatch<'NETWORK_FILTER'>, failed: Failed): readonly Filter[] {
  if (patch.legacy !== null) return placed(filters, patch.value, patch.legacy)
  const name = patch.match.listener?.filterChain?.filter?.name ?? ''
  return patchNamed(filters, patch, name, (filter, value) => mergeMessages(PATCHED_TYPES.NETWORK_FILTER, filter, value), failed)
}

/** HTTP filters of a connection manager after one patch. */
export function patchHttpFilters(
  filters: readonly HttpFilter[],
  patch: CompiledPatch<'HTTP_FILTER'>,
  failed: Failed,
): readonly HttpFilter[] {
  if (patch.legacy !== null) return placed(filters, patch.value, patch.legacy)
  const filter = patch.match.listener?.filterChain?.filter
  if (filter?.name !== undefined && filter.name !== '' && !sameFilter(filter.name, MANAGER)) return filters
  const name = filter?.subFilter?.name ?? ''
  return patchNamed(filters, patch, name, (each, value) => mergeMessages(PATCHED_TYPES.HTTP_FILTER, each, value), failed)
}

interface Named {
  readonly name: string
}

export function patchNamed<T extends Named>(
  items: readonly T[],
  patch: CompiledPatch & { readonly value: T | null },
  name: string,
  merge: (item: T, value: T) => ReturnType<typeof mergeMessages<T>>,
  failed: Failed,
): readonly T[] {
  const terminal = items.findLastIndex(item => TERMINAL.has(currentName(item.name)))
  const atEnd = patch.operation === 'ADD' || (patch.operation === 'INSERT_AFTER' && name === '')
  // Behind what ends the chain Envoy would refuse it.
  if (atEnd && patch.value !== null && terminal >= 0) return items.toSpliced(terminal, 0, patch.value)
  return patchList(items, {
    operation: patch.operation,
    value: patch.value,
    picks: name !== '',
    matches: item => name === '' || sameFilter(item.name, name),
    merge,
    failed: reason => failed(patch, reason),
  })
}

/** Positions of 1.0 (traffic.md 1.5): an unknown neighbour means the end for BEFORE and the beginning for AFTER. */
function placed<T extends Named>(items: readonly T[], value: T | null, { position }: LegacyPlace): readonly T[] {
  if (value === null) return items
  const { index, relativeTo = '' } = position
  const neighbour = items.findIndex(item => sameFilter(item.name, relativeTo))
  const cors = items.findLastIndex(item => sameFilter(item.name, BEHIND_LAST))
  const terminal = items.findLastIndex(item => TERMINAL.has(currentName(item.name)))
  const last = cors < 0 ? terminal : cors
  const end = last < 0 ? items.length : last
  switch (index) {
    case 'FIRST':
      return [value, ...items]
    case 'LAST':
      return items.toSpliced(end, 0, value)
    case 'BEFORE':
      return items.toSpliced(neighbour < 0 ? end : neighbour, 0, value)
    case 'AFTER':
      return items.toSpliced(neighbour < 0 ? 0 : neighbour + 1, 0, value)
  }
}
