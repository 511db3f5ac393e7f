import type { ConnectionPoolSettings, TrafficPolicy } from '@meshwork/config/kinds'
import { CircuitBreakers, type CircuitBreakers_Thresholds_RetryBudget } from '@meshwork/protos/envoy/config/cluster/v3/circuit_breaker'
import type { UpstreamConnectionOptions } from '@meshwork/protos/envoy/config/cluster/v3/cluster'

/** Istio's "no limit": Envoy's own defaults (1024) would surprise whoever set nothing. */
const UNLIMITED = 4_294_967_295

/** Limits of a cluster; a setting of 0 counts as not set. */
export function buildCircuitBreakers(pool: ConnectionPoolSettings | undefined, budget?: TrafficPolicy['retryBudget']): CircuitBreakers {
  return pool === undefined && budget === undefined ? NO_LIMITS : circuitBreakers(pool, budget)
}

function circuitBreakers(pool: ConnectionPoolSettings | undefined, budget: TrafficPolicy['retryBudget']): CircuitBreakers {
  return CircuitBreakers.fromPartial({
    thresholds: [
      {
        maxConnections: pool?.tcp?.maxConnections || UNLIMITED,
        maxPendingRequests: pool?.http?.http1MaxPendingRequests || UNLIMITED,
        maxRequests: pool?.http?.http2MaxRequests || UNLIMITED,
        maxRetries: pool?.http?.maxRetries || UNLIMITED,
        trackRemaining: true,
        ...(budget === undefined ? {} : { retryBudget: retryBudget(budget) }),
      },
    ],
  })
}

/** A share of the requests under way that may be repetitions, in place of `maxRetries`: Istio's defaults are 20 percent, and 3. */
function retryBudget({ percent, minRetryConcurrency }: NonNullable<TrafficPolicy['retryBudget']>): CircuitBreakers_Thresholds_RetryBudget {
  return { budgetPercent: { value: percent ?? 20 }, minRetryConcurrency: minRetryConcurrency ?? 3 }
}

/** Most clusters say nothing of limits, so they share these. */
const NO_LIMITS = circuitBreakers(undefined, undefined)

const MS_PER_SECOND = 1000

/** undefined leaves TCP keep-alive to the operating system. */
export function buildKeepalive(pool: ConnectionPoolSettings | undefined): UpstreamConnectionOptions | undefined {
  const keepalive = pool?.tcp?.tcpKeepalive
  if (keepalive === undefined) return undefined
  return {
    tcpKeepalive: {
      keepaliveProbes: keepalive.probes,
      keepaliveTime: keepalive.timeMs === undefined ? undefined : Math.ceil(keepalive.timeMs / MS_PER_SECOND),
      keepaliveInterval: keepalive.intervalMs === undefined ? undefined : Math.ceil(keepalive.intervalMs / MS_PER_SECOND),
    },
    setLocalInterfaceNameOnUpstreamConnections: false,
    happyEyeballsConfig: undefined,
  }
}
