import type { SocketAddress } from '../model/address.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import { isCanary } from '../upstream/avoided-hosts.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { Host } from '../upstream/host.ts'
import { formatHostFlags } from '../upstream/hosts/host-flag.ts'
import type { RateFigures } from '../upstream/outlier/rate-sweep.ts'

export interface HostView {
  readonly address: string
  readonly healthy: boolean
  /** `healthy`, or what keeps it from being so: `/failed_active_hc/failed_outlier_check`. */
  readonly healthFlags: string
  readonly hostname: string
  /** Metadata `envoy.lb` `canary: true`. */
  readonly canary: boolean
  readonly weight: number
  readonly priority: number
  readonly locality: string
  /** Envoy's per-host figures: `cx_active`, `cx_connect_fail`, `cx_total`, `rq_active`, `rq_error`, `rq_success`, `rq_timeout`, `rq_total`. */
  readonly stats: Readonly<Record<string, number>>
  /** Successes of the last interval, for the two measures of outlier detection; null: the cluster has none. */
  readonly successRates: OutlierRates<number> | null
}

/** Percent; -1: not known. */
export interface OutlierRates<Rate> {
  readonly answers: Rate
  /** Attempts to reach it, where they count apart from its answers. */
  readonly reaches: Rate
}

export interface ClusterView {
  readonly config: ClusterConfig
  readonly hosts: readonly HostView[]
  readonly outlierRates: OutlierRates<RateFigures> | null
}

export interface ListenerView {
  readonly config: ListenerConfig
  /** null for a listener that is not bound to a port. */
  readonly boundAddress: SocketAddress | null
}

export function viewCluster(cluster: Cluster): ClusterView {
  const { config, outliers } = cluster
  const outlierRates = outliers === null ? null : { answers: outliers.answerRates, reaches: outliers.reachRates }
  return { config, hosts: cluster.allHosts().map(viewHost), outlierRates }
}

function viewHost(host: Host): HostView {
  const { endpoint, counters, outlier } = host
  return {
    address: host.address,
    healthy: host.healthy,
    healthFlags: formatHostFlags(host.flags),
    hostname: host.hostname,
    canary: isCanary(host),
    weight: endpoint.weight,
    priority: endpoint.priority,
    locality: endpoint.locality,
    stats: {
      cx_active: counters.cxActive,
      cx_connect_fail: counters.cxConnectFail,
      cx_total: counters.cxTotal,
      rq_active: counters.rqActive,
      rq_error: counters.rqError,
      rq_pending_active: 0,
      rq_success: counters.rqSuccess,
      rq_timeout: counters.rqTimeout,
      rq_total: counters.rqTotal,
    },
    successRates: outlier === null ? null : { answers: outlier.answers.shown, reaches: outlier.reaches.shown },
  }
}
