import type { ListenerFilterBlueprint } from '../listener-filters/listener-filter.ts'
import type { NetworkFilterBlueprint } from '../network-filters/network-filter.ts'
import type { TerminalBlueprint } from '../network-filters/terminal-filter.ts'
import type { AccessLogConfig } from './access-log.ts'
import type { SubsetCriteria } from './balancing.ts'
import type { SocketAddress } from './address.ts'
import type { HttpConnectionManagerConfig } from './http-connection-manager.ts'
import type { Matcher } from './matcher.ts'
import type { DownstreamTlsConfig } from './tls.ts'

export type { HttpConnectionManagerConfig } from './http-connection-manager.ts'

/** A listener as decoded from `envoy.config.listener.v3.Listener`. */
export interface ListenerConfig {
  readonly name: string
  readonly address: SocketAddress
  /** More addresses on which the same connections are accepted. */
  readonly additionalAddresses: readonly SocketAddress[]
  /** False for listeners that only receive connections handed over by an original-destination listener. */
  readonly bindToPort: boolean
  /** A redirected connection is given to the listener of its original destination, if there is one (`use_original_dst`). */
  readonly handsOver: boolean
  /** TPROXY: the socket takes connections to any address, and the local address is the one that the client meant. */
  readonly transparent: boolean
  /** The address may be bound although no interface has it yet. */
  readonly freebind: boolean
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
  /** In order. */
  readonly listenerFilters: readonly ListenerFilterBlueprint[]
  /** How long listener filters may wait for bytes. 0: no limit. */
  readonly inspectionTimeoutMs: number
  /** When that time is up, the chain is chosen by what is known; otherwise the connection is closed. */
  readonly continueOnTimeout: boolean
  /** Connections that may wait to be accepted. */
  readonly backlog: number
  /** The limit of connections of the whole proxy does not hold here. */
  readonly ignoresTotalLimit: boolean
  /** Stands for the address in the names of statistics (`listener.<stat_prefix>.`); empty: the address. */
  readonly statPrefix: string
  /** Logs of whole connections, also of those that no filter chain took. */
  readonly accessLog: readonly AccessLogConfig[]
  readonly filterChains: readonly FilterChainConfig[]
  /** Leads to filter chains by their names, in place of their matches. null: the matches decide. */
  readonly chainMatcher: Matcher<string> | null
  readonly defaultFilterChain: FilterChainConfig | null
}

/** Empty lists and null match anything (envoy.config.listener.v3.FilterChainMatch). */
export interface FilterChainMatch {
  /** null: any. */
  readonly destinationPort: number | null
  readonly destinationRanges: readonly CidrRange[]
  /** Lower case; `*.a.test` stands for all names below. */
  readonly serverNames: readonly string[]
  /** `tls`, `raw_buffer` or empty. */
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[]
  /** Of the socket's peer, whatever a PROXY header says. */
  readonly directSourceRanges: readonly CidrRange[]
  readonly sourceType: 'any' | 'same-ip-or-loopback' | 'external'
  readonly sourceRanges: readonly CidrRange[]
  readonly sourcePorts: readonly number[]
}

export interface CidrRange {
  readonly address: string
  readonly prefixLength: number
}

export interface FilterChainConfig {
  readonly name: string
  readonly match: FilterChainMatch
  readonly tls: DownstreamTlsConfig | null
  /** Time that a client has for the handshake (`transport_socket_connect_timeout`). 0: no limit of its own. */
  readonly handshakeTimeoutMs: number
  /** In order, before the last one. */
  readonly filters: readonly NetworkFilterBlueprint[]
  readonly terminal: TerminalConfig
}

/** The last filter of a chain. */
export type TerminalConfig = HttpConnectionManagerConfig | TcpProxyConfig | TerminalBlueprint

export interface TcpProxyConfig {
  readonly kind: 'tcp-proxy'
  readonly statPrefix: string
  /** At least one; weights as in routes. */
  readonly clusters: readonly TcpCluster[]
  /** Time without bytes after which the connection is closed. 0: no limit. */
  readonly idleTimeoutMs: number
  /** Upstream hosts that are tried for one connection. At least 1. */
  readonly maxConnectAttempts: number
  /** Life of a client's connection, however busy. 0: no limit. */
  readonly maxDurationMs: number
  /** Hash of the client's address chooses the host, where the cluster's balancer hashes. */
  readonly hashSourceIp: boolean
  /** `host:port` that the upstream, an HTTP/1.1 proxy, is asked to connect to (CONNECT, RFC 9110 section 9.3.6); '' for none. */
  readonly tunnelTo: string
  /** Interval at which a log line of an open connection is written. 0: only at the end. */
  readonly logIntervalMs: number
  /** A log line is written when the upstream connection is made. */
  readonly logOnConnected: boolean
  readonly accessLog: readonly AccessLogConfig[]
}

/** Where bytes go. */
export interface TcpCluster {
  readonly name: string
  readonly weight: number
  /** Metadata that the host must have (`metadata_match`); null: any. */
  readonly criteria: SubsetCriteria | null
}
