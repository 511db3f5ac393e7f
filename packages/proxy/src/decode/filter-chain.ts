import { messageOf } from '@meshwork/core/result'
import type { CidrRange } from '@meshwork/protos/envoy/config/core/v3/address'
import {
  type Filter,
  type FilterChain,
  type FilterChainMatch as ProtoMatch,
  FilterChainMatch_ConnectionSourceType,
} from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { FilterChainConfig, FilterChainMatch, TcpProxyConfig, TerminalConfig } from '../model/listener.ts'
import type { NetworkFilterBlueprint } from '../network-filters/network-filter.ts'
import { NETWORK_FILTERS } from '../network-filters/table.ts'
import { decodeCidr } from './address.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'
import { decodeDownstreamSocket } from './tls-context.ts'

const FIELDS: FieldPolicy<FilterChain> = {
  read: ['name', 'filterChainMatch', 'filters', 'transportSocket', 'transportSocketConnectTimeout'],
  harmless: ['metadata'],
}
const MATCH_FIELDS: FieldPolicy<ProtoMatch> = {
  read: [
    'destinationPort',
    'prefixRanges',
    'serverNames',
    'transportProtocol',
    'applicationProtocols',
    'directSourcePrefixRanges',
    'sourceType',
    'sourcePrefixRanges',
    'sourcePorts',
  ],
  harmless: [],
}

export function decodeFilterChain(chain: FilterChain, filters: FilterCatalog, report: Report): FilterChainConfig {
  refuseOtherFields(chain, FIELDS, report)
  return {
    name: chain.name,
    match: decodeMatch(chain.filterChainMatch, report.at('filter_chain_match')),
    tls: decodeDownstreamSocket(chain.transportSocket, report.at('transport_socket')),
    handshakeTimeoutMs: durationMs(chain.transportSocketConnectTimeout, 0, report.at('transport_socket_connect_timeout')),
    ...decodeFilters(chain.filters, filters, report.at('filters')),
  }
}

const SOURCE_TYPES: ReadonlyMap<number, FilterChainMatch['sourceType']> = new Map([
  [FilterChainMatch_ConnectionSourceType.ANY, 'any'],
  [FilterChainMatch_ConnectionSourceType.SAME_IP_OR_LOOPBACK, 'same-ip-or-loopback'],
  [FilterChainMatch_ConnectionSourceType.EXTERNAL, 'external'],
])

function decodeMatch(match: ProtoMatch | undefined, report: Report): FilterChainMatch {
  if (match !== undefined) refuseOtherFields(match, MATCH_FIELDS, report)
  const ranges = (list: readonly CidrRange[] | undefined, field: string): FilterChainMatch['sourceRanges'] =>
    (list ?? []).map((range, i) => decodeCidr(range, report.at(field, i)))
  const sourceType = SOURCE_TYPES.get(match?.sourceType ?? 0)
  if (sourceType === undefined) report.at('source_type').refuse('unknown-value', 'is not known')
  return {
    destinationPort: match?.destinationPort ?? null,
    destinationRanges: ranges(match?.prefixRanges, 'prefix_ranges'),
    serverNames: (match?.serverNames ?? []).map((name, i) => serverName(name, report.at('server_names', i))),
    transportProtocol: match?.transportProtocol ?? '',
    applicationProtocols: match?.applicationProtocols ?? [],
    directSourceRanges: ranges(match?.directSourcePrefixRanges, 'direct_source_prefix_ranges'),
    sourceType: sourceType ?? 'any',
    sourceRanges: ranges(match?.sourcePrefixRanges, 'source_prefix_ranges'),
    sourcePorts: match?.sourcePorts ?? [],
  }
}

function serverName(name: string, report: Report): string {
  if (name.lastIndexOf('*') > 0 || (name.startsWith('*') && !name.startsWith('*.'))) {
    report.refuse('partial-wildcard', `'${name}': a wildcard stands for whole labels at the start`)
  }
  return name.toLowerCase()
}

const NO_TERMINAL: TcpProxyConfig = {
  kind: 'tcp-proxy',
  statPrefix: '',
  clusters: [],
  idleTimeoutMs: 0,
  maxConnectAttempts: 1,
  maxDurationMs: 0,
  hashSourceIp: false,
  tunnelTo: '',
  logIntervalMs: 0,
  logOnConnected: false,
  accessLog: [],
}

/** The last filter decides what becomes of the bytes; no other one may. */
function decodeFilters(
  chain: readonly Filter[],
  httpFilters: FilterCatalog,
  report: Report,
): { filters: readonly NetworkFilterBlueprint[]; terminal: TerminalConfig } {
  const filters: NetworkFilterBlueprint[] = []
  let terminal: TerminalConfig | null = null
  for (const [i, filter] of chain.entries()) {
    const isLast = i === chain.length - 1
    const decoded = decodeOne(filter, httpFilters, report.at(i))
    if (decoded === null) continue
    if (decoded.kind === 'filter') filters.push(decoded)
    else if (isLast) terminal = decoded
    else report.at(i).refuse('not-last', `'${filter.name}' ends a filter chain and must be its last filter`)
  }
  if (terminal === null && report.violations.length === 0) {
    report.refuse('no-terminal', 'must end with a filter that takes the bytes, such as a TCP proxy')
  }
  return { filters, terminal: terminal ?? NO_TERMINAL }
}

function decodeOne(filter: Filter, httpFilters: FilterCatalog, report: Report): TerminalConfig | NetworkFilterBlueprint | null {
  const config = filter.configType?.$case === 'typedConfig' ? filter.configType.value : undefined
  const inner = report.at('typed_config')
  if (config === undefined) {
    inner.refuse('required', `'${filter.name}' must be configured inline`)
    return null
  }
  const codec = NETWORK_FILTERS.find(({ typeUrl }) => typeUrl === config.typeUrl) ?? httpFilters.networkCodec(config.typeUrl)
  if (codec === undefined) {
    inner.refuse('unknown-type', `${config.typeUrl} is not supported`)
    return null
  }
  try {
    return codec.decode(config.value, inner, httpFilters)
  } catch (error) {
    inner.refuse('malformed', messageOf(error))
    return null
  }
}
