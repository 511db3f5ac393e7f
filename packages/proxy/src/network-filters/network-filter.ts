import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock, TimerWheel } from '@meshwork/core/time'
import type { ConnectionFacts, ListenerFacts } from '../filters/filter.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import type { Cluster } from '../upstream/cluster.ts'

/** What a network filter answers. */
export type NetworkStatus = 0 | 1 | 2

/** Go on with the next filter, and after the last one with what ends the chain. */
export const GO_ON = 0
/** Stop here until the filter calls `connection.resume()`. What the client sends meanwhile is kept, within limits. */
export const HOLD = 1
/** The connection is closed. */
export const CLOSED = 2

/**
 * A filter of a chain before its last one, compiled for one filter chain: it lets connections in, holds them, or ends them.
 * One object serves all connections of the chain; what belongs to one is kept under the connection object.
 */
export interface NetworkFilter {
  /** Before any byte was handed on. With TLS, after the handshake: the peer's certificate is known. */
  onConnection(connection: NetworkConnection): NetworkStatus
  /** Bytes that a TCP proxy takes from the client, before they go on. To be looked at only, and not kept. */
  onClientBytes?(connection: NetworkConnection, bytes: Buffer): void
  /** Bytes of the server, likewise. */
  onServerBytes?(connection: NetworkConnection, bytes: Buffer): void
  /** Exactly once for each connection that this filter was asked about, after it ended. */
  onClosed?(connection: NetworkConnection): void
}

/** A connection as network filters see it. */
export interface NetworkConnection {
  readonly facts: ConnectionFacts
  /** Cluster that a TCP proxy uses instead of its own (filter state `envoy.tcp_proxy.cluster`); empty: its own. */
  upstreamCluster: string
  /** What a log of the bytes says that a TCP proxy relays; undefined before it has begun, and with HTTP. */
  readonly relayed: StreamInfo | undefined
  /** Shows bytes that are relayed to the filters that look at them. */
  show(from: 'client' | 'server', bytes: Buffer): void
  /** Adds to what filters found out about the connection (`facts.metadata`). */
  mergeMetadata(namespace: string, values: Readonly<Record<string, unknown>>): void
  /** Continues after HOLD. Once; a connection that ended meanwhile ignores it. */
  resume(): void
  /** Ends the connection. `details`: for logs, `%CONNECTION_TERMINATION_DETAILS%`. */
  close(details: string): void
}

/** A decoded network filter: knows how to make its running form for one filter chain. */
export interface NetworkFilterBlueprint {
  readonly kind: 'filter'
  /** Name in the chain, for example `envoy.filters.network.connection_limit`. */
  readonly name: string
  compile(deps: NetworkFilterDeps, listener: ListenerFacts): NetworkFilter
}

/** What a network filter may use, given once per filter chain. */
export interface NetworkFilterDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly wheel: TimerWheel
  /** Root of all statistics; filters have prefixes of their own (`connection_limit.<stat_prefix>.`). */
  readonly stats: StatsRegistry
  /** The cluster of this name as it is now, or null. */
  cluster(name: string): Cluster | null
}
