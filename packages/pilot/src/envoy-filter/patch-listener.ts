import type { FilterChainMatch, ListenerMatch, PatchContext } from '@meshwork/config/kinds'
import { packAny, unpackAny } from '@meshwork/protos/any'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { Filter, FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { HTTP_CONNECTION_MANAGER } from '../translate/envoy/messages.ts'
import { VIRTUAL_INBOUND, VIRTUAL_OUTBOUND } from '../translate/listeners/listener-base.ts'
import { type CompiledPatch, patchesOf } from './compiled-patch.ts'
import { legacyMatches, type ListenerFacts } from './legacy-match.ts'
import { mergeMessages } from './merge-messages.ts'
import { MANAGER, patchHttpFilters, patchNamed, patchNetworkFilters } from './patch-filters.ts'
import { patchList } from './patch-list.ts'
import { type Failed, patchRouteTable } from './patch-routes.ts'
import { PATCHED_TYPES } from './patch-types.ts'
import { sameFilter } from './filter-names.ts'

export interface ListenerPatching {
  readonly patches: readonly CompiledPatch[]
  readonly context: PatchContext
  readonly facts: ListenerFacts
  readonly failed: Failed
}

/** A listener after the patches; null: removed. From the outside inwards, so that a patch sees what those before it made. */
export function patchListener(listener: Listener, patching: ListenerPatching): Listener | null {
  const patches = patching.patches.filter(patch => patch.legacy !== null || matchesListener(listener, patch.match.listener))
  const whole = patchWhole(listener, patches, patching.failed)
  if (whole === null) return null
  const filtered = patchListenerFilters(whole, patches, patching.failed)
  const chains = patchChains(filtered, { ...patching, patches })
  const fallback = filtered.defaultFilterChain
  const defaultFilterChain = fallback === undefined ? undefined : patchChain(fallback, filtered, { ...patching, patches })
  if (chains === filtered.filterChains && defaultFilterChain === fallback) return filtered
  return { ...filtered, filterChains: [...chains], defaultFilterChain }
}

function patchWhole(listener: Listener, patches: readonly CompiledPatch[], failed: Failed): Listener | null {
  let result = listener
  for (const patch of patchesOf(patches, 'LISTENER')) {
    if (patch.operation === 'REMOVE') return null
    if (patch.operation !== 'MERGE' || patch.value === null) continue
    // Chains are only ever appended, and may hold what cannot be written as JSON.
    const { filterChains } = result
    const merged = mergeMessages(PATCHED_TYPES.LISTENER, { ...result, filterChains: [] }, patch.value)
    if (merged.kind === 'ok') result = { ...merged.value, filterChains: [...filterChains, ...merged.value.filterChains] }
    else failed(patch, merged.error)
  }
  return result
}

function patchListenerFilters(listener: Listener, patches: readonly CompiledPatch[], failed: Failed): Listener {
  let filters: readonly Listener['listenerFilters'][number][] = listener.listenerFilters
  for (const patch of patchesOf(patches, 'LISTENER_FILTER')) {
    const name = patch.match.listener?.listenerFilter ?? ''
    filters = patchNamed(filters, patch, name, (each, value) => mergeMessages(PATCHED_TYPES.LISTENER_FILTER, each, value), failed)
  }
  return filters === listener.listenerFilters ? listener : { ...listener, listenerFilters: [...filters] }
}

function patchChains(listener: Listener, patching: ListenerPatching): readonly FilterChain[] {
  let chains: readonly FilterChain[] = listener.filterChains
  for (const patch of patchesOf(patching.patches, 'FILTER_CHAIN')) {
    const wanted = patch.match.listener
    chains = patchList(chains, {
      operation: patch.operation,
      value: patch.value,
      picks: wanted?.filterChain !== undefined,
      matches: chain => matchesChain(chain, wanted),
      merge: (chain, value) => mergeMessages(PATCHED_TYPES.FILTER_CHAIN, chain, value),
      failed: reason => patching.failed(patch, reason),
    })
  }
  const inner = chains.map(chain => patchChain(chain, listener, patching))
  return inner.every((chain, index) => chain === chains[index]) ? chains : inner
}

function patchChain(chain: FilterChain, listener: Listener, patching: ListenerPatching): FilterChain {
  const { patches, facts, failed } = patching
  const isHttp = chain.filters.some(filter => sameFilter(filter.name, MANAGER))
  const applicable = patches.filter(({ legacy, match }) =>
    legacy === null ? matchesChain(chain, match.listener) : legacyMatches(legacy.listener, listener, chain, isHttp, facts),
  )
  let filters: readonly Filter[] = chain.filters
  for (const patch of patchesOf(applicable, 'NETWORK_FILTER')) filters = patchNetworkFilters(filters, patch, failed)
  const managed = filters.map(filter => (sameFilter(filter.name, MANAGER) ? patchManager(filter, applicable, patching) : filter))
  if (filters === chain.filters && managed.every((filter, index) => filter === filters[index])) return chain
  return { ...chain, filters: managed }
}

function patchManager(filter: Filter, patches: readonly CompiledPatch[], { context, failed, patches: all }: ListenerPatching): Filter {
  const any = filter.configType?.$case === 'typedConfig' ? filter.configType.value : undefined
  const manager = any === undefined ? undefined : unpackAny(HTTP_CONNECTION_MANAGER, any)
  if (manager === undefined) return filter
  let httpFilters: readonly (typeof manager.httpFilters)[number][] = manager.httpFilters
  for (const patch of patchesOf(patches, 'HTTP_FILTER')) httpFilters = patchHttpFilters(httpFilters, patch, failed)
  const { routeSpecifier } = manager
  const inline = routeSpecifier?.$case === 'routeConfig' ? routeSpecifier.value : undefined
  const table = inline === undefined ? undefined : patchRouteTable(inline, all, context, failed)
  if (httpFilters === manager.httpFilters && table === inline) return filter
  const changed = {
    ...manager,
    httpFilters: [...httpFilters],
    ...(table === undefined ? {} : { routeSpecifier: { $case: 'routeConfig' as const, value: table } }),
  }
  return { ...filter, configType: { $case: 'typedConfig', value: packAny(HTTP_CONNECTION_MANAGER, changed) } }
}

function matchesListener(listener: Listener, match: ListenerMatch | undefined): boolean {
  if (match?.name !== undefined && match.name !== '' && match.name !== listener.name) return false
  // The listeners that capture have all ports; there the port chooses among the chains.
  if (match === undefined || match.portNumber === 0 || listener.name === VIRTUAL_INBOUND || listener.name === VIRTUAL_OUTBOUND) return true
  const { address } = listener.address ?? {}
  return address?.$case === 'socketAddress' && address.value.portSpecifier?.value === match.portNumber
}

function matchesChain(chain: FilterChain, match: ListenerMatch | undefined): boolean {
  if (match === undefined) return true
  const port = chain.filterChainMatch?.destinationPort
  if (match.portNumber !== 0 && port !== undefined && port !== match.portNumber) return false
  return match.filterChain === undefined || matchesConditions(chain, match.filterChain)
}

function matchesConditions(chain: FilterChain, wanted: FilterChainMatch): boolean {
  const { serverNames = [], transportProtocol = '', applicationProtocols = [], destinationPort } = chain.filterChainMatch ?? {}
  const given = (value: string | undefined): value is string => value !== undefined && value !== ''
  if (given(wanted.name) && wanted.name !== chain.name) return false
  if (given(wanted.sni) && !serverNames.includes(wanted.sni)) return false
  if (given(wanted.transportProtocol) && wanted.transportProtocol !== transportProtocol) return false
  if (
    given(wanted.applicationProtocols) &&
    !wanted.applicationProtocols.split(',').every(name => applicationProtocols.includes(name.trim()))
  )
    return false
  return wanted.destinationPort === 0 || wanted.destinationPort === destinationPort
}
