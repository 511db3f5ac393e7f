import {
  type Cluster,
  type Cluster_CommonLbConfig,
  Cluster_LbPolicy,
  Cluster_RingHashLbConfig_HashFunction,
} from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { BalancerConfig, BalancingRules } from '../model/balancing.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import { type Balancing, hashKeys, leastRequest, maglev, ringHash, slowStartOf } from './balancer-settings.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeLoadBalancingPolicy } from './load-balancing-policy.ts'
import type { Report } from './report.ts'
import { decodeSubsets } from './subsets.ts'

const COMMON_FIELDS: FieldPolicy<Cluster_CommonLbConfig> = {
  read: [
    'healthyPanicThreshold',
    'localityConfigSpecifier',
    'ignoreNewHostsUntilFirstHc',
    'closeConnectionsOnHostSetChange',
    'consistentHashingLbConfig',
  ],
  // Changes are merged anyway: the next request sees all that came before it. Hosts are not overridden by anything.
  harmless: ['updateMergeWindow', 'overrideHostStatus'],
}

const DEFAULT_PANIC_THRESHOLD = 50

/** `lb_policy` with its settings, or `load_balancing_policy`, and what holds for both. */
export function decodeBalancing(cluster: Cluster, report: Report): Pick<ClusterConfig, 'balancer' | 'balancing' | 'subsets'> {
  const { commonLbConfig } = cluster
  if (commonLbConfig !== undefined) refuseOtherFields(commonLbConfig, COMMON_FIELDS, report.at('common_lb_config'))
  const extension = cluster.loadBalancingPolicy
  if (cluster.lbPolicy === Cluster_LbPolicy.LOAD_BALANCING_POLICY_CONFIG && extension === undefined) {
    report.at('load_balancing_policy').refuse('required', 'must be set')
  }
  const { balancer, subsets, ...locality } =
    extension === undefined ? decodeOlderFields(cluster, report) : decodeLoadBalancingPolicy(extension, report.at('load_balancing_policy'))
  return { balancer, subsets, balancing: decodeRules(commonLbConfig, locality, report) }
}

function decodeOlderFields(cluster: Cluster, report: Report): Balancing {
  const specifier = cluster.commonLbConfig?.localityConfigSpecifier
  return {
    balancer: decodePolicy(cluster, report),
    subsets: decodeSubsets(cluster.lbSubsetConfig, false, report.at('lb_subset_config')),
    localityWeighted: specifier?.$case === 'localityWeightedLbConfig',
    failOnPanic: specifier?.$case === 'zoneAwareLbConfig' && specifier.value.failTrafficOnPanic,
  }
}

function decodePolicy(cluster: Cluster, report: Report): BalancerConfig {
  const { lbPolicy, lbConfig, commonLbConfig } = cluster
  const keys = hashKeys(commonLbConfig?.consistentHashingLbConfig, report.at('common_lb_config', 'consistent_hashing_lb_config'))
  switch (lbPolicy) {
    case Cluster_LbPolicy.ROUND_ROBIN: {
      const inner = report.at('round_robin_lb_config')
      const slowStart = lbConfig?.$case === 'roundRobinLbConfig' ? slowStartOf(lbConfig.value.slowStartConfig, inner) : null
      return { kind: 'round-robin', slowStart }
    }
    // For original-destination clusters and aggregates, which choose for themselves.
    case Cluster_LbPolicy.CLUSTER_PROVIDED:
      return { kind: 'round-robin', slowStart: null }
    case Cluster_LbPolicy.LEAST_REQUEST:
      return leastRequest(lbConfig?.$case === 'leastRequestLbConfig' ? lbConfig.value : undefined, report.at('least_request_lb_config'))
    case Cluster_LbPolicy.RANDOM:
      return { kind: 'random' }
    case Cluster_LbPolicy.RING_HASH: {
      const ring = lbConfig?.$case === 'ringHashLbConfig' ? lbConfig.value : undefined
      const hash = ring?.hashFunction === Cluster_RingHashLbConfig_HashFunction.MURMUR_HASH_2 ? 'murmur2' : 'xx'
      const { minimumRingSize, maximumRingSize } = ring ?? { minimumRingSize: undefined, maximumRingSize: undefined }
      return ringHash({ minimumRingSize, maximumRingSize, hash, keys }, report.at('ring_hash_lb_config'))
    }
    case Cluster_LbPolicy.MAGLEV:
      return maglev(lbConfig?.$case === 'maglevLbConfig' ? lbConfig.value.tableSize : undefined, keys, report.at('maglev_lb_config'))
    default:
      report.at('lb_policy').refuse('unsupported-balancer', `policy ${lbPolicy} is not supported`)
      return { kind: 'round-robin', slowStart: null }
  }
}

function decodeRules(
  config: Cluster_CommonLbConfig | undefined,
  locality: Pick<BalancingRules, 'localityWeighted' | 'failOnPanic'>,
  report: Report,
): BalancingRules {
  const panicThreshold = config?.healthyPanicThreshold?.value ?? DEFAULT_PANIC_THRESHOLD
  if (panicThreshold < 0 || panicThreshold > 100) {
    report.at('common_lb_config', 'healthy_panic_threshold').refuse('bad-percent', 'must be from 0 to 100')
  }
  return {
    ...locality,
    panicThreshold,
    ignoreNewHostsUntilFirstCheck: config?.ignoreNewHostsUntilFirstHc ?? false,
    drainOnHostChange: config?.closeConnectionsOnHostSetChange ?? false,
  }
}
