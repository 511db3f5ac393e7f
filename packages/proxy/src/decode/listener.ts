import { TrafficDirection } from '@meshwork/protos/envoy/config/core/v3/base'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { ListenerFilter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { ListenerConfig } from '../model/listener.ts'
import { decodeAddress } from './address.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeFilterChain } from './filter-chain.ts'
import type { FilterCatalog } from './filter-codec.ts'
import type { Report } from './report.ts'
import { durationMs, required } from './scalars.ts'

const FIELDS: FieldPolicy<Listener> = {
  read: [
    'name',
    'address',
    'filterChains',
    'defaultFilterChain',
    'useOriginalDst',
    'deprecatedV1',
    'bindToPort',
    'listenerFilters',
    'listenerFiltersTimeout',
    'trafficDirection',
  ],
  harmless: [
    // Telemetry. Access logs of a listener tell of connections that no filter chain matched.
    'statPrefix',
    'metadata',
    'accessLog',
    // Tuning of sockets and of how connections are spread over workers.
    'perConnectionBufferLimitBytes',
    'drainType',
    'freebind',
    'tcpFastOpenQueueLength',
    'tcpBacklogSize',
    'maxConnectionsToAcceptPerSocketEvent',
    'connectionBalanceConfig',
    'reusePort',
    'enableReusePort',
    'enableMptcp',
    'ignoreGlobalConnLimit',
    'bypassOverloadManager',
    // What inspection does not know in time is matched as unknown, in either case.
    'continueOnListenerFiltersTimeout',
  ],
}

/** Listener.listener_filters_timeout: 15 seconds unless set. */
const DEFAULT_INSPECTION_MS = 15_000

const DIRECTIONS: ReadonlyMap<number, ListenerConfig['direction']> = new Map([
  [TrafficDirection.INBOUND, 'inbound'],
  [TrafficDirection.OUTBOUND, 'outbound'],
])

/** `envoy.config.listener.v3.Listener`. */
export function decodeListener(listener: Listener, filters: FilterCatalog, report: Report): ListenerConfig {
  refuseOtherFields(listener, FIELDS, report)
  const inspection = decodeListenerFilters(listener.listenerFilters, report.at('listener_filters'))
  if (listener.filterChains.length === 0 && listener.defaultFilterChain === undefined) {
    report.at('filter_chains').refuse('required', 'must not be empty')
  }
  return {
    name: required(listener.name, report.at('name')),
    address: decodeAddress(listener.address, false, report.at('address')),
    bindToPort: listener.bindToPort ?? listener.deprecatedV1?.bindToPort ?? true,
    originalDst: listener.useOriginalDst === true ? 'hand-over' : inspection.originalDst ? 'restore' : 'ignore',
    direction: DIRECTIONS.get(listener.trafficDirection) ?? 'unspecified',
    inspectTls: inspection.tls,
    inspectHttp: inspection.http,
    inspectionTimeoutMs: durationMs(listener.listenerFiltersTimeout, DEFAULT_INSPECTION_MS, report.at('listener_filters_timeout')),
    filterChains: listener.filterChains.map((chain, i) => decodeFilterChain(chain, filters, report.at('filter_chains', i))),
    defaultFilterChain:
      listener.defaultFilterChain === undefined
        ? null
        : decodeFilterChain(listener.defaultFilterChain, filters, report.at('default_filter_chain')),
  }
}

interface Inspection {
  readonly originalDst: boolean
  readonly tls: boolean
  readonly http: boolean
}

const PACKAGE = 'type.googleapis.com/envoy.extensions.filters.listener.'
const ORIGINAL_DST = `${PACKAGE}original_dst.v3.OriginalDst`
const TLS_INSPECTOR = `${PACKAGE}tls_inspector.v3.TlsInspector`
const HTTP_INSPECTOR = `${PACKAGE}http_inspector.v3.HttpInspector`

/** Tells the filters by the type of their configuration, or by their well-known names when they have none. */
const WELL_KNOWN: ReadonlyMap<string, string> = new Map([
  ['envoy.filters.listener.original_dst', ORIGINAL_DST],
  ['envoy.filters.listener.tls_inspector', TLS_INSPECTOR],
  ['envoy.filters.listener.http_inspector', HTTP_INSPECTOR],
])

function decodeListenerFilters(filters: readonly ListenerFilter[], report: Report): Inspection {
  const types = new Set<string>()
  for (const [i, { name, configType }] of filters.entries()) {
    const type = configType?.$case === 'typedConfig' ? configType.value.typeUrl : WELL_KNOWN.get(name)
    if (type !== ORIGINAL_DST && type !== TLS_INSPECTOR && type !== HTTP_INSPECTOR) {
      report.at(i).refuse('unknown-type', `listener filter '${name}' is not supported`)
    } else types.add(type)
  }
  return { originalDst: types.has(ORIGINAL_DST), tls: types.has(TLS_INSPECTOR), http: types.has(HTTP_INSPECTOR) }
}
