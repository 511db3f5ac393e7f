import type { LoadBalancingPolicy } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import {
  LeastRequest,
  LeastRequest_SelectionMethod,
} from '@meshwork/protos/envoy/extensions/load_balancing_policies/least_request/v3/least_request'
import { Maglev } from '@meshwork/protos/envoy/extensions/load_balancing_policies/maglev/v3/maglev'
import { RingHash, RingHash_HashFunction } from '@meshwork/protos/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash'
import { RoundRobin } from '@meshwork/protos/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin'
import { Subset } from '@meshwork/protos/envoy/extensions/load_balancing_policies/subset/v3/subset'
import { WrrLocality } from '@meshwork/protos/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality'
import { Random } from '@meshwork/protos/envoy/extensions/load_balancing_policies/random/v3/random'
import type { LocalityLbConfig } from '@meshwork/protos/envoy/extensions/load_balancing_policies/common/v3/common'
import { messageOf } from '@meshwork/core/result'
import { type Balancing, hashKeys, leastRequest, maglev, ringHash, slowStartOf } from './balancer-settings.ts'
import type { Report } from './report.ts'
import { decodeSubsets } from './subsets.ts'

const PREFIX = 'envoy.extensions.load_balancing_policies.'
/** How deep policies may hold policies. */
const MAX_DEPTH = 4

type Decoder = (bytes: Uint8Array, report: Report, depth: number) => Balancing

/** Every balancing extension, by the end of its type URL. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['round_robin.v3.RoundRobin', (bytes, report) => decodeRoundRobin(RoundRobin.decode(bytes), report)],
  ['least_request.v3.LeastRequest', (bytes, report) => decodeLeastRequest(LeastRequest.decode(bytes), report)],
  ['random.v3.Random', bytes => ({ balancer: { kind: 'random' }, ...locality(Random.decode(bytes).localityLbConfig), subsets: null })],
  ['ring_hash.v3.RingHash', (bytes, report) => decodeRingHash(RingHash.decode(bytes), report)],
  ['maglev.v3.Maglev', (bytes, report) => decodeMaglev(Maglev.decode(bytes), report)],
  [
    'cluster_provided.v3.ClusterProvided',
    () => ({ balancer: { kind: 'round-robin', slowStart: null }, ...locality(undefined), subsets: null }),
  ],
  ['wrr_locality.v3.WrrLocality', (bytes, report, depth) => decodeWrrLocality(WrrLocality.decode(bytes), report, depth)],
  ['subset.v3.Subset', (bytes, report, depth) => decodeSubset(Subset.decode(bytes), report, depth)],
])

/** The first policy of the list that is known, as Envoy has it (`Cluster.load_balancing_policy`). */
export function decodeLoadBalancingPolicy(policy: LoadBalancingPolicy | undefined, report: Report, depth: number = 0): Balancing {
  for (const [i, { typedExtensionConfig }] of (policy?.policies ?? []).entries()) {
    const config = typedExtensionConfig?.typedConfig
    const decoder = config === undefined ? undefined : decoderOf(config)
    if (config === undefined || decoder === undefined) continue
    const inner = report.at('policies', i, 'typed_extension_config', 'typed_config')
    try {
      if (depth <= MAX_DEPTH) return decoder(config.value, inner, depth)
      inner.refuse('too-deep', `policies are nested more than ${MAX_DEPTH} deep`)
    } catch (error) {
      inner.refuse('malformed', messageOf(error))
    }
    break
  }
  if (report.violations.length === 0) report.refuse('unknown-type', 'names no policy that is supported')
  return { balancer: { kind: 'round-robin', slowStart: null }, localityWeighted: false, failOnPanic: false, subsets: null }
}

function decoderOf({ typeUrl }: Any): Decoder | undefined {
  const at = typeUrl.indexOf(PREFIX)
  return at < 0 ? undefined : DECODERS.get(typeUrl.slice(at + PREFIX.length))
}

function decodeRoundRobin(policy: RoundRobin, report: Report): Balancing {
  return {
    balancer: { kind: 'round-robin', slowStart: slowStartOf(policy.slowStartConfig, report) },
    ...locality(policy.localityLbConfig),
    subsets: null,
  }
}

function decodeLeastRequest(policy: LeastRequest, report: Report): Balancing {
  if (policy.selectionMethod === LeastRequest_SelectionMethod.FULL_SCAN || policy.enableFullScan === true) {
    report.at('selection_method').refuse('unsupported-field', 'FULL_SCAN is not supported')
  }
  return { balancer: leastRequest(policy, report), ...locality(policy.localityLbConfig), subsets: null }
}

function decodeRingHash(policy: RingHash, report: Report): Balancing {
  const { consistentHashingLbConfig: keys } = policy
  const hash = policy.hashFunction === RingHash_HashFunction.MURMUR_HASH_2 ? 'murmur2' : 'xx'
  const own = { useHostnameForHashing: policy.useHostnameForHashing, hashBalanceFactor: policy.hashBalanceFactor }
  const { minimumRingSize, maximumRingSize } = policy
  const balancer = ringHash({ minimumRingSize, maximumRingSize, hash, keys: hashKeys(keys ?? own, report) }, report)
  return { balancer, localityWeighted: policy.localityWeightedLbConfig !== undefined, failOnPanic: false, subsets: null }
}

function decodeMaglev(policy: Maglev, report: Report): Balancing {
  const balancer = maglev(policy.tableSize, hashKeys(policy.consistentHashingLbConfig, report), report)
  return { balancer, localityWeighted: policy.localityWeightedLbConfig !== undefined, failOnPanic: false, subsets: null }
}

function decodeWrrLocality({ endpointPickingPolicy }: WrrLocality, report: Report, depth: number): Balancing {
  return { ...decodeLoadBalancingPolicy(endpointPickingPolicy, report.at('endpoint_picking_policy'), depth + 1), localityWeighted: true }
}

function decodeSubset(policy: Subset, report: Report, depth: number): Balancing {
  const inner = decodeLoadBalancingPolicy(policy.subsetLbPolicy, report.at('subset_lb_policy'), depth + 1)
  return { ...inner, subsets: decodeSubsets(policy, policy.allowRedundantKeys, report) }
}

function locality(config: LocalityLbConfig | undefined): Pick<Balancing, 'localityWeighted' | 'failOnPanic'> {
  const specifier = config?.localityConfigSpecifier
  return {
    localityWeighted: specifier?.$case === 'localityWeightedLbConfig',
    failOnPanic: specifier?.$case === 'zoneAwareLbConfig' && specifier.value.failTrafficOnPanic,
  }
}
