import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import { err, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import type { SocketAddress } from '../model/address.ts'
import type { ClusterConfig, LoadAssignment } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { RouteTableConfig } from '../model/route.ts'
import type { SecretProvider } from '../tls/secrets.ts'

export interface EngineOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly stats: StatsRegistry
  readonly secrets: SecretProvider
}

export interface HostView {
  readonly address: string
  readonly healthy: boolean
  readonly weight: number
  readonly priority: number
  readonly locality: string
  /** Envoy's per-host figures: `cx_active`, `cx_connect_fail`, `cx_total`, `rq_active`, `rq_error`, `rq_success`, `rq_timeout`, `rq_total`. */
  readonly stats: Readonly<Record<string, number>>
}

export interface ClusterView {
  readonly config: ClusterConfig
  readonly hosts: readonly HostView[]
}

export interface ListenerView {
  readonly config: ListenerConfig
  /** null for a listener that is not bound to a port. */
  readonly boundAddress: SocketAddress | null
}

/**
 * The running data plane: takes decoded configuration, owns sockets. One per worker.
 * Every setter replaces what has the same name; traffic under way ends under the plan it began with.
 */
export class Engine {
  private readonly options: EngineOptions

  constructor(options: EngineOptions) {
    this.options = options
  }

  setCluster(_config: ClusterConfig): void {
    this.options.log.debug('cluster set')
  }

  removeCluster(_name: string): void {}

  setEndpoints(_load: LoadAssignment): void {}

  setRouteTable(_config: RouteTableConfig): void {}

  removeRouteTable(_name: string): void {}

  /** Resolves when the socket is bound. The error names the reason, for the NACK. */
  setListener(_config: ListenerConfig): Promise<Result<void, string>> {
    return Promise.resolve(err('not built yet'))
  }

  /** Stops accepting; connections end as they become idle. */
  removeListener(_name: string): void {}

  clusters(): readonly ClusterView[] {
    return []
  }

  listeners(): readonly ListenerView[] {
    return []
  }

  routeTables(): readonly RouteTableConfig[] {
    return []
  }

  /** Asks all clients to leave (`connection: close`) and resolves when none is left or after `deadlineMs`. */
  drain(_deadlineMs: number): Promise<void> {
    return Promise.resolve()
  }

  /** Closes every socket at once. */
  close(): Promise<void> {
    return Promise.resolve()
  }
}
