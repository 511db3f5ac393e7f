import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import type { ArrivingConnection } from './arriving-connection.ts'

/** What a listener filter answers. */
export type Inspected = 0 | 1 | 2

/** Not known yet: call again when more bytes came. */
export const MORE = 0
/** Go on with the next filter, and after the last one with the choice of a filter chain. */
export const NEXT = 1
/** The connection is closed. */
export const CLOSE = 2

/**
 * Looks at an accepted connection before its filter chain is chosen. One object serves all connections of a listener.
 * Nothing may be sent; bytes may be consumed, all others are left for the chain.
 */
export interface ListenerFilter {
  /**
   * `bytes`: what arrived and was not consumed, from the beginning each time, perhaps nothing. `bytes` is valid during the
   * call only. Facts that were found are written into `connection`.
   */
  inspect(connection: ArrivingConnection, bytes: Buffer): Inspected
}

/** A decoded listener filter: knows how to make its running form for one listener. */
export interface ListenerFilterBlueprint {
  /** Name in the configuration, for example `envoy.filters.listener.tls_inspector`. */
  readonly name: string
  /** False for connections to this local port that pass the filter by (`ListenerFilter.filter_disabled`). */
  readonly enabledFor?: (localPort: number) => boolean
  compile(deps: ListenerFilterDeps): ListenerFilter
}

/** What a listener filter may use. */
export interface ListenerFilterDeps {
  readonly clock: Clock
  readonly stats: StatsRegistry
}
