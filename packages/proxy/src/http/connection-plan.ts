import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock, TimerWheel } from '@meshwork/core/time'
import type { FilterDeps, ListenerFacts } from '../filters/filter.ts'
import type { ListenerConfig } from '../model/listener.ts'
import { listenerStatName } from '../net/listener-stat-name.ts'
import type { HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import type { TracingConfig } from '../model/tracing.ts'
import { compileEdits, type HeaderEdits } from '../route/header-mutations.ts'
import type { RouteTables } from '../route/route-tables.ts'
import { type AccessLog, compileAccessLogs } from '../telemetry/access-log.ts'
import type { LogSinks } from '../telemetry/log-sinks.ts'
import { Tracer, type TracerOptions } from '../tracing/tracer.ts'
import type { SpanExporters } from '../tracing/span-exporters.ts'
import type { Cluster } from '../upstream/cluster.ts'
import { startSideCall } from '../upstream/side-call.ts'
import { ClientAddressRule } from './client-address.ts'
import { HttpFilterChain } from './filter-chain.ts'
import type { ProxyHealth } from './proxy-health.ts'
import { HttpStats } from './http-stats.ts'
import { compileLocalReplies, type LocalReplyForm } from './local-reply-form.ts'

/** What all plans of a worker share. */
export interface Runtime {
  readonly clock: Clock
  readonly log: Logger
  readonly stats: StatsRegistry
  readonly wheel: TimerWheel
  readonly sinks: LogSinks
  readonly spanExporters: SpanExporters
  readonly health: ProxyHealth
  /** This proxy's node id, as spans report it. */
  readonly nodeId: string
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** `node.cluster` of the bootstrap: the service this proxy belongs to. Absent: unknown. */
  readonly localCluster?: string
  /** The cluster of this name as it is now, or null. */
  cluster(name: string): Cluster | null
}

const DEFAULT_BUFFER_LIMIT = 1024 * 1024

/** A connection manager ready to run. Immutable but for the route table; a connection keeps the plan it began with. */
export class ConnectionPlan {
  readonly config: HttpConnectionManagerConfig
  readonly runtime: Runtime
  readonly listener: ListenerFacts
  readonly filters: HttpFilterChain
  readonly accessLogs: readonly AccessLog[]
  readonly stats: HttpStats
  readonly routes: RouteTables
  /** null: nothing is traced. */
  readonly tracer: Tracer | null
  readonly clientAddress: ClientAddressRule
  /** Header mutations before the route is chosen. */
  readonly earlyEdits: readonly HeaderEdits[]
  /** null: local replies are as they are. */
  readonly localReplies: LocalReplyForm | null
  /** Envoy headers are neither added to requests nor to responses. */
  readonly suppressEnvoyHeaders: boolean
  /** Bytes of a body that filters which need the whole of it may make us keep (Listener.per_connection_buffer_limit_bytes). */
  readonly bufferLimitBytes: number = DEFAULT_BUFFER_LIMIT
  /** Clients are asked to leave: the listener is drained or replaced. */
  draining = false

  constructor(config: HttpConnectionManagerConfig, runtime: Runtime, listener: ListenerConfig, routes: RouteTables) {
    this.config = config
    this.runtime = runtime
    this.listener = listener
    this.routes = routes
    this.stats = new HttpStats(runtime.stats, config.statPrefix, listenerStatName(listener))
    this.filters = new HttpFilterChain(config.httpFilters, slot => this.depsFor(slot))
    this.accessLogs = compileAccessLogs(config.accessLog, runtime.sinks, runtime.random)
    this.clientAddress = new ClientAddressRule(config)
    this.earlyEdits = config.earlyMutations.flatMap(step => compileEdits('request', [step]) ?? [])
    this.localReplies = compileLocalReplies(config.localReplies, runtime.random)
    this.tracer = config.tracing === null ? null : new Tracer(tracerOptions(config.tracing, runtime, listener))
    const router = config.httpFilters.at(-1)
    this.suppressEnvoyHeaders = router !== undefined && 'suppressEnvoyHeaders' in router && router.suppressEnvoyHeaders === true
  }

  private depsFor(slot: number): FilterDeps {
    const { runtime } = this
    return {
      slot,
      clock: runtime.clock,
      log: runtime.log,
      stats: this.stats.scope,
      listener: this.listener,
      wheel: runtime.wheel,
      random: runtime.random,
      sideCall: (name, request, owner) => startSideCall(runtime.cluster(name), request, owner),
      clusterHealth: name => clusterHealth(runtime.cluster(name)),
      clusterMetadata: name => runtime.cluster(name)?.config.metadata ?? null,
      health: runtime.health,
    }
  }
}

function tracerOptions(config: TracingConfig, runtime: Runtime, listener: ListenerFacts): TracerOptions {
  const { nodeId, random } = runtime
  return { config, exporter: runtime.spanExporters.open(config.provider), direction: listener.direction, nodeId, random }
}

function clusterHealth(cluster: Cluster | null): { readonly healthy: number; readonly total: number } | null {
  if (cluster === null) return null
  const hosts = cluster.allHosts()
  return { healthy: hosts.filter(host => host.healthy).length, total: hosts.length }
}
