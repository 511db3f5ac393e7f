import type { Slot } from '@meshwork/core/metrics'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import {
  CLOSED,
  GO_ON,
  HOLD,
  type NetworkConnection,
  type NetworkFilter,
  type NetworkFilterBlueprint,
  type NetworkFilterDeps,
  type NetworkStatus,
} from '../network-filter.ts'

export const CONNECTION_LIMIT = 'envoy.filters.network.connection_limit'

/** `envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit`. */
export interface ConnectionLimitConfig {
  readonly statPrefix: string
  readonly maxConnections: number
  /** How long a connection that is too many is kept before it is closed, so that clients slow down. 0: not at all. */
  readonly delayMs: number
  readonly enabled: boolean
}

/** Connections of one chain beyond its limit are closed. */
class ConnectionLimit implements NetworkFilter {
  private readonly config: ConnectionLimitConfig
  private readonly deps: NetworkFilterDeps
  private readonly limited: Slot
  private readonly active: Slot
  private readonly counted = new Set<NetworkConnection>()

  constructor(config: ConnectionLimitConfig, deps: NetworkFilterDeps) {
    const labels = { envoy_connection_limit_prefix: config.statPrefix }
    const scope = deps.stats.scope(`connection_limit.${config.statPrefix}.`, 'envoy_connection_limit_', labels)
    this.config = config
    this.deps = deps
    this.limited = scope.counter('limited_connections')
    this.active = scope.gauge('active_connections')
  }

  onConnection(connection: NetworkConnection): NetworkStatus {
    if (!this.config.enabled) return GO_ON
    if (this.counted.size < this.config.maxConnections) {
      this.counted.add(connection)
      this.deps.stats.add(this.active, 1)
      return GO_ON
    }
    this.deps.stats.add(this.limited, 1)
    if (this.config.delayMs === 0) {
      connection.close('')
      return CLOSED
    }
    this.deps.wheel.set(new WheelTimer(new DelayedClose(connection), 0), this.config.delayMs)
    return HOLD
  }

  onClosed(connection: NetworkConnection): void {
    if (this.counted.delete(connection)) this.deps.stats.add(this.active, -1)
  }
}

class DelayedClose implements TimerOwner {
  private readonly connection: NetworkConnection

  constructor(connection: NetworkConnection) {
    this.connection = connection
  }

  onTimer(): void {
    this.connection.close('')
  }
}

export function connectionLimit(config: ConnectionLimitConfig): NetworkFilterBlueprint {
  return { kind: 'filter', name: CONNECTION_LIMIT, compile: deps => new ConnectionLimit(config, deps) }
}
