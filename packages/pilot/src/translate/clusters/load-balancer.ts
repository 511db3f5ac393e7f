import type { ConsistentHash, LoadBalancerSettings } from '@meshwork/config/kinds'
import { type Cluster, Cluster_LbPolicy } from '@meshwork/protos/envoy/config/cluster/v3/cluster'

export type BalancerFields = Pick<Cluster, 'lbPolicy' | 'lbConfig'>

/** Entries of the ring if nobody says otherwise (Istio's documentation of `minimumRingSize`). */
const DEFAULT_RING_SIZE = 1024n

const POLICIES = {
  UNSPECIFIED: Cluster_LbPolicy.LEAST_REQUEST,
  LEAST_REQUEST: Cluster_LbPolicy.LEAST_REQUEST,
  LEAST_CONN: Cluster_LbPolicy.LEAST_REQUEST,
  RANDOM: Cluster_LbPolicy.RANDOM,
  ROUND_ROBIN: Cluster_LbPolicy.ROUND_ROBIN,
  PASSTHROUGH: Cluster_LbPolicy.CLUSTER_PROVIDED,
} as const

/** Today's default is the least loaded of two random endpoints; Istio 1.0 went round. */
export function buildBalancer(settings: LoadBalancerSettings | undefined): BalancerFields {
  if (settings?.consistentHash !== undefined) return hashBalancer(settings.consistentHash)
  return { lbPolicy: POLICIES[settings?.simple ?? 'UNSPECIFIED'], lbConfig: undefined }
}

function hashBalancer(hash: ConsistentHash): BalancerFields {
  if (hash.maglev !== undefined) {
    const tableSize = hash.maglev.tableSize
    return {
      lbPolicy: Cluster_LbPolicy.MAGLEV,
      lbConfig: tableSize === undefined ? undefined : { $case: 'maglevLbConfig', value: { tableSize: BigInt(tableSize) } },
    }
  }
  const size = hash.ringHash?.minimumRingSize ?? hash.minimumRingSize
  return {
    lbPolicy: Cluster_LbPolicy.RING_HASH,
    lbConfig: {
      $case: 'ringHashLbConfig',
      value: {
        minimumRingSize: size === undefined || size === 0 ? DEFAULT_RING_SIZE : BigInt(size),
        maximumRingSize: undefined,
        hashFunction: 0,
      },
    },
  }
}
