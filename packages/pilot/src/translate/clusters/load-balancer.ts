import type { ConsistentHash, LoadBalancerSettings } from '@meshwork/config/kinds'
import {
  Cluster_LeastRequestLbConfig,
  Cluster_LbPolicy,
  Cluster_RoundRobinLbConfig,
  type Cluster,
} from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { duration } from '../envoy/duration.ts'

export type BalancerFields = Pick<Cluster, 'lbPolicy' | 'lbConfig'>

/** Entries of the ring if nobody says otherwise (Istio's documentation of `minimumRingSize`). */
const DEFAULT_RING_SIZE = 1024

/** Today's default is the least loaded of two random endpoints; Istio 1.0 went round. PASSTHROUGH is no balancer but a kind of cluster. */
export function buildBalancer(settings: LoadBalancerSettings | undefined): BalancerFields {
  if (settings?.consistentHash !== undefined) return hashBalancer(settings.consistentHash)
  const slowStartConfig = warmupOf(settings)
  switch (settings?.simple) {
    case 'RANDOM':
      return { lbPolicy: Cluster_LbPolicy.RANDOM, lbConfig: undefined }
    case 'PASSTHROUGH':
      return { lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED, lbConfig: undefined }
    case 'ROUND_ROBIN': {
      const value = Cluster_RoundRobinLbConfig.fromPartial({ slowStartConfig })
      return { lbPolicy: Cluster_LbPolicy.ROUND_ROBIN, lbConfig: slowStartConfig && { $case: 'roundRobinLbConfig', value } }
    }
    default: {
      const value = Cluster_LeastRequestLbConfig.fromPartial({ slowStartConfig })
      return { lbPolicy: Cluster_LbPolicy.LEAST_REQUEST, lbConfig: slowStartConfig && { $case: 'leastRequestLbConfig', value } }
    }
  }
}

type SlowStart = NonNullable<Parameters<typeof Cluster_RoundRobinLbConfig.fromPartial>[0]['slowStartConfig']>

/** Shares of Istio's documentation: an endpoint begins with 10 percent and grows evenly. */
const FIRST_PERCENT = 10
const EVENLY = 1

function warmupOf(settings: LoadBalancerSettings | undefined): SlowStart | undefined {
  const durationMs = settings?.warmup?.durationMs ?? settings?.warmupDurationMs
  if (durationMs === undefined) return undefined
  const { minimumPercent, aggression } = settings?.warmup ?? {}
  return {
    slowStartWindow: duration(durationMs),
    // Envoy wants to know by which name of its runtime the value could be changed.
    aggression: { defaultValue: aggression ?? EVENLY, runtimeKey: 'meshwork.warmup.aggression' },
    minWeightPercent: { value: minimumPercent ?? FIRST_PERCENT },
  }
}

function hashBalancer(hash: ConsistentHash): BalancerFields {
  if (hash.maglev !== undefined) {
    const { tableSize = 0 } = hash.maglev
    const value = { tableSize: BigInt(tableSize) }
    return { lbPolicy: Cluster_LbPolicy.MAGLEV, lbConfig: tableSize === 0 ? undefined : { $case: 'maglevLbConfig', value } }
  }
  const size = hash.ringHash?.minimumRingSize ?? hash.minimumRingSize ?? 0
  const value = { minimumRingSize: BigInt(size === 0 ? DEFAULT_RING_SIZE : size), maximumRingSize: undefined, hashFunction: 0 as const }
  return { lbPolicy: Cluster_LbPolicy.RING_HASH, lbConfig: { $case: 'ringHashLbConfig', value } }
}
