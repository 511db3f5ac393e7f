import type { CircuitUse } from '../upstream/circuit/circuit-use.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { ExchangeFailure } from '../upstream/exchange.ts'
import type { Host } from '../upstream/host.ts'

/**
 * The figures of cluster and host about the attempts to have a request answered, and what detection of outliers hears of
 * them. `host` is null before one was chosen.
 */

/** The request is on a connection. */
export function countBegin(cluster: Cluster, host: Host | null, use: CircuitUse = cluster.use): void {
  use.requests++
  cluster.deps.stats.add(cluster.stats.rqTotal, 1)
  cluster.deps.stats.add(cluster.stats.rqActive, 1)
  if (host === null) return
  host.counters.rqTotal++
  host.counters.rqActive++
  host.outlier?.connected()
}

/** It left the connection, whoever ended it. */
export function countEnd(cluster: Cluster, host: Host | null, use: CircuitUse = cluster.use): void {
  use.requests--
  cluster.deps.stats.add(cluster.stats.rqActive, -1)
  if (host !== null) host.counters.rqActive--
}

/** A response that is passed on. `tookMs`: since the attempt began. */
export function countResponse(cluster: Cluster, host: Host | null, status: number, tookMs: number, repeated: boolean): void {
  cluster.stats.response(status)
  cluster.deps.stats.record(cluster.stats.rqTime, tookMs)
  if (repeated && status < 500) cluster.deps.stats.add(cluster.stats.rqRetrySuccess, 1)
  if (host === null) return
  if (status < 500) host.counters.rqSuccess++
  else host.counters.rqError++
}

export function countRouteTimeout(cluster: Cluster, host: Host | null): void {
  cluster.deps.stats.add(cluster.stats.rqTimeout, 1)
  if (host !== null) host.counters.rqTimeout++
}

export function countTryTimeout(cluster: Cluster, host: Host | null, kind: 'try' | 'idle' | 'duration'): void {
  const { rqMaxDuration, rqPerTryTimeout } = cluster.stats
  cluster.deps.stats.add(kind === 'duration' ? rqMaxDuration : rqPerTryTimeout, 1)
  if (kind === 'duration') return
  if (host === null) return
  host.counters.rqTimeout++
  host.outlier?.timedOut()
}

/** The upstream broke it off. Only a reset of the request's own stream counts as one to Envoy, not the end of its connection. */
export function countReset(cluster: Cluster, host: Host | null, failure: ExchangeFailure): void {
  if (failure === 'remote-reset') cluster.deps.stats.add(cluster.stats.rqRxReset, 1)
  if (host === null) return
  host.counters.rqError++
  host.outlier?.unreachable()
}

/** We broke it off. */
export function countCancel(cluster: Cluster): void {
  cluster.deps.stats.add(cluster.stats.rqTxReset, 1)
}
