import { TrafficDirection } from '@meshwork/protos/envoy/config/core/v3/base'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { FilterChainConfig, ListenerConfig } from '../model/listener.ts'
import { indexOfDuplicateMatch } from '../net/match-filter-chain.ts'
import { decodeAccessLogs } from './access-log.ts'
import { decodeAddress } from './address.ts'
import { decodeChainMatcher } from './chain-matcher.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeFilterChain } from './filter-chain.ts'
import { decodeListenerFilters } from './listener-filters.ts'
import type { FilterCatalog } from './filter-codec.ts'
import type { Report } from './report.ts'
import { durationMs, required } from './scalars.ts'

const FIELDS: FieldPolicy<Listener> = {
  read: [
    'name',
    'address',
    'additionalAddresses',
    'filterChains',
    'filterChainMatcher',
    'defaultFilterChain',
    'useOriginalDst',
    'deprecatedV1',
    'bindToPort',
    'transparent',
    'freebind',
    'listenerFilters',
    'listenerFiltersTimeout',
    'continueOnListenerFiltersTimeout',
    'tcpBacklogSize',
    'trafficDirection',
    'ignoreGlobalConnLimit',
    'accessLog',
    'statPrefix',
  ],
  harmless: [
    // Telemetry.
    'metadata',
    // Tuning of sockets and of how connections are spread over workers.
    'drainType',
    'perConnectionBufferLimitBytes',
    'tcpFastOpenQueueLength',
    'maxConnectionsToAcceptPerSocketEvent',
    'connectionBalanceConfig',
    'reusePort',
    'enableReusePort',
    'enableMptcp',
    'bypassOverloadManager',
  ],
}

/** Listener.listener_filters_timeout: 15 seconds unless set. */
const DEFAULT_INSPECTION_MS = 15_000
/** Listener.tcp_backlog_size: 128 unless set; more costs nothing, and the system has its own bound. */
const DEFAULT_BACKLOG = 4096

const DIRECTIONS: ReadonlyMap<number, ListenerConfig['direction']> = new Map([
  [TrafficDirection.INBOUND, 'inbound'],
  [TrafficDirection.OUTBOUND, 'outbound'],
])

/** `envoy.config.listener.v3.Listener`. */
export function decodeListener(listener: Listener, filters: FilterCatalog, report: Report): ListenerConfig {
  refuseOtherFields(listener, FIELDS, report)
  if (listener.filterChains.length === 0 && listener.defaultFilterChain === undefined) {
    report.at('filter_chains').refuse('required', 'must not be empty')
  }
  const filterChains = listener.filterChains.map((chain, i) => decodeFilterChain(chain, filters, report.at('filter_chains', i)))
  const chainMatcher = decodeChainMatcher(listener, report)
  if (chainMatcher === null) refuseEqualMatches(filterChains, report.at('filter_chains'))
  return {
    name: required(listener.name, report.at('name')),
    address: decodeAddress(listener.address, false, report.at('address')),
    additionalAddresses: listener.additionalAddresses.map(({ address }, i) =>
      decodeAddress(address, false, report.at('additional_addresses', i, 'address')),
    ),
    bindToPort: listener.bindToPort ?? listener.deprecatedV1?.bindToPort ?? true,
    handsOver: listener.useOriginalDst ?? false,
    transparent: listener.transparent ?? false,
    freebind: listener.freebind ?? false,
    direction: DIRECTIONS.get(listener.trafficDirection) ?? 'unspecified',
    listenerFilters: decodeListenerFilters(listener.listenerFilters, report.at('listener_filters')),
    inspectionTimeoutMs: durationMs(listener.listenerFiltersTimeout, DEFAULT_INSPECTION_MS, report.at('listener_filters_timeout')),
    continueOnTimeout: listener.continueOnListenerFiltersTimeout,
    backlog: listener.tcpBacklogSize ?? DEFAULT_BACKLOG,
    ignoresTotalLimit: listener.ignoreGlobalConnLimit,
    accessLog: decodeAccessLogs(listener.accessLog, report),
    statPrefix: listener.statPrefix,
    filterChains,
    chainMatcher,
    defaultFilterChain:
      listener.defaultFilterChain === undefined
        ? null
        : decodeFilterChain(listener.defaultFilterChain, filters, report.at('default_filter_chain')),
  }
}

function refuseEqualMatches(chains: readonly FilterChainConfig[], report: Report): void {
  const index = indexOfDuplicateMatch(chains.map(({ match }) => match))
  if (index >= 0) report.at(index, 'filter_chain_match').refuse('ambiguous', 'matches exactly what an earlier filter chain matches')
}
