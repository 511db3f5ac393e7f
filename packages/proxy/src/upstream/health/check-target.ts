import { StatsRegistry } from '@meshwork/core/metrics'
import type { CircuitLimits, EndpointConfig } from '../../model/cluster.ts'
import type { HealthCheckConfig } from '../../model/health-check.ts'
import { CircuitUse } from '../circuit/circuit-use.ts'
import type { ClusterContext } from '../cluster-context.ts'
import { ClusterStats } from '../cluster-stats.ts'
import { Host } from '../host.ts'
import type { UpstreamSocket } from '../upstream-socket.ts'

/** Where and with what a host is checked. */
export interface CheckTarget {
  readonly context: ClusterContext
  /** Stands for the host at the address that is checked. */
  readonly host: Host
  /** null: plain text. */
  readonly via: UpstreamSocket | null
  /** Authority of checks that name none. */
  readonly authority: string
}

const NO_LIMITS: CircuitLimits = {
  maxConnections: Infinity,
  maxPendingRequests: Infinity,
  maxRequests: Infinity,
  maxRetries: 0,
  maxConnectionsPerHost: Infinity,
  retryBudget: null,
  trackRemaining: false,
}

/**
 * The cluster as its checks see it: the same settings of connections, but outside its circuit breakers and outside the
 * figures of its requests, which a registry of its own takes.
 */
export function checkContext({ config, deps }: ClusterContext, check: HealthCheckConfig): ClusterContext {
  const registry = new StatsRegistry()
  const stats = new ClusterStats(registry, config.name)
  const { checker } = check
  return {
    config: {
      ...config,
      protocol: checker.kind === 'grpc' || (checker.kind === 'http' && checker.http2) ? 'http2' : 'http1',
      limits: NO_LIMITS,
      highLimits: NO_LIMITS,
      idleTimeoutMs: 0,
      maxRequestsPerConnection: check.reuseConnection ? 0 : 1,
    },
    stats,
    deps: { ...deps, stats: registry },
    use: new CircuitUse(NO_LIMITS, stats.scope.child('circuit_breakers.default.')),
  }
}

/** `Endpoint.HealthCheckConfig` may name another port, address or name. */
export function checkTarget(context: ClusterContext, checked: Host, altPort: number | null, via: UpstreamSocket | null): CheckTarget {
  const { name, sourceAddress } = context.config
  const endpoint: EndpointConfig = { ...checked.endpoint, address: checkAddress(checked.endpoint, altPort), health: 'unknown' }
  const host = new Host({ name, sourceAddress, onHostHealthChanged: () => undefined }, endpoint)
  host.context = context
  return { context, host, via, authority: checked.endpoint.check?.hostname || name }
}

function checkAddress({ address, check }: EndpointConfig, altPort: number | null): EndpointConfig['address'] {
  const base = check?.address ?? address
  const port = check?.port || altPort
  return base.kind === 'tcp' && port !== null && port > 0 ? { ...base, port } : base
}
