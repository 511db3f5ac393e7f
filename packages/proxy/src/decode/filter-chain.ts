import { messageOf } from '@meshwork/core/result'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import {
  type Filter,
  type FilterChain,
  type FilterChainMatch as ProtoMatch,
} from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { FilterChainConfig, FilterChainMatch } from '../model/listener.ts'
import { decodeCidr } from './address.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeHttpConnectionManager } from './http-connection-manager.ts'
import type { Report } from './report.ts'
import { decodeTcpProxy } from './tcp-proxy.ts'
import { decodeDownstreamSocket } from './tls-context.ts'

const FIELDS: FieldPolicy<FilterChain> = {
  read: ['name', 'filterChainMatch', 'filters', 'transportSocket'],
  harmless: ['metadata', 'transportSocketConnectTimeout'],
}
const MATCH_FIELDS: FieldPolicy<ProtoMatch> = {
  read: ['destinationPort', 'prefixRanges', 'serverNames', 'transportProtocol', 'applicationProtocols'],
  harmless: [],
}

const HTTP_CONNECTION_MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const TCP_PROXY = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'

/** Network filters of Istio that only exchange or report metadata: left out. */
const TELEMETRY_ONLY: ReadonlySet<string> = new Set(['istio.metadata_exchange', 'istio.stats', 'envoy.filters.network.metadata_exchange'])

export function decodeFilterChain(chain: FilterChain, filters: FilterCatalog, report: Report): FilterChainConfig {
  refuseOtherFields(chain, FIELDS, report)
  return {
    name: chain.name,
    match: decodeMatch(chain.filterChainMatch, report.at('filter_chain_match')),
    tls: decodeDownstreamSocket(chain.transportSocket, report.at('transport_socket')),
    terminal: decodeTerminal(chain.filters, filters, report.at('filters')),
  }
}

function decodeMatch(match: ProtoMatch | undefined, report: Report): FilterChainMatch {
  if (match !== undefined) refuseOtherFields(match, MATCH_FIELDS, report)
  return {
    destinationPort: match?.destinationPort ?? null,
    destinationRanges: (match?.prefixRanges ?? []).map((range, i) => decodeCidr(range, report.at('prefix_ranges', i))),
    serverNames: (match?.serverNames ?? []).map(name => name.toLowerCase()),
    transportProtocol: transportOf(match?.transportProtocol ?? '', report.at('transport_protocol')),
    applicationProtocols: match?.applicationProtocols ?? [],
  }
}

function transportOf(text: string, report: Report): FilterChainMatch['transportProtocol'] {
  if (text === '' || text === 'tls' || text === 'raw_buffer') return text
  report.refuse('unknown-value', `'${text}' is not supported`)
  return ''
}

/** All filters but the last must be harmless; the last decides what becomes of the bytes. */
function decodeTerminal(chain: readonly Filter[], filters: FilterCatalog, report: Report): FilterChainConfig['terminal'] {
  for (const [i, { name }] of chain.slice(0, -1).entries()) {
    if (!TELEMETRY_ONLY.has(name)) report.at(i).refuse('unknown-type', `network filter '${name}' is not supported`)
  }
  const last = chain.at(-1)
  const inner = report.at(Math.max(chain.length - 1, 0), 'typed_config')
  const config = last?.configType?.$case === 'typedConfig' ? last.configType.value : undefined
  const terminal = config === undefined ? null : decodeTyped(config, filters, inner)
  if (terminal !== null) return terminal
  if (config === undefined) inner.refuse('required', 'a filter chain must end with a filter that is configured inline')
  return { kind: 'tcp-proxy', statPrefix: '', clusters: [], idleTimeoutMs: 0, accessLog: [] }
}

function decodeTyped(config: Any, filters: FilterCatalog, report: Report): FilterChainConfig['terminal'] | null {
  try {
    if (config.typeUrl === HTTP_CONNECTION_MANAGER) return decodeHttpConnectionManager(config.value, filters, report)
    if (config.typeUrl === TCP_PROXY) return decodeTcpProxy(config.value, report)
    report.refuse('unknown-type', `${config.typeUrl} is not supported`)
  } catch (error) {
    report.refuse('malformed', messageOf(error))
  }
  return null
}
