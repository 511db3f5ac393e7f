import type { RuntimeDouble } from '@meshwork/protos/envoy/config/core/v3/base'
import type { Percent } from '@meshwork/protos/envoy/type/v3/percent'
import type { Duration } from '@meshwork/protos/google/protobuf/duration'
import type { BalancerConfig, BalancingRules, HashKeys, SlowStartConfig, SubsetConfig } from '../model/balancing.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

/** What a balancing policy decides; the older fields of a cluster and the extensions say the same in two forms. */
export interface Balancing extends Pick<BalancingRules, 'localityWeighted' | 'failOnPanic'> {
  readonly balancer: BalancerConfig
  readonly subsets: SubsetConfig | null
}

export const DEFAULT_MIN_RING = 1024
const LARGEST_RING = 8_388_608
const DEFAULT_TABLE = 65_537
const LARGEST_TABLE = 5_000_011

interface SlowStartMessage {
  readonly slowStartWindow: Duration | undefined
  readonly aggression: RuntimeDouble | undefined
  readonly minWeightPercent: Percent | undefined
}

export function slowStartOf(config: SlowStartMessage | undefined, report: Report): SlowStartConfig | null {
  if (config === undefined) return null
  const aggression = config.aggression?.defaultValue ?? 1
  if (aggression <= 0) report.at('slow_start_config', 'aggression').refuse('bad-number', 'must be more than 0')
  return {
    windowMs: durationMs(config.slowStartWindow, 0, report.at('slow_start_config', 'slow_start_window')),
    aggression: aggression <= 0 ? 1 : aggression,
    minShare: Math.min(100, Math.max(0, config.minWeightPercent?.value ?? 10)) / 100,
  }
}

interface LeastRequestMessage {
  readonly choiceCount: number | undefined
  readonly activeRequestBias: RuntimeDouble | undefined
  readonly slowStartConfig: SlowStartMessage | undefined
}

export function leastRequest(config: LeastRequestMessage | undefined, report: Report): BalancerConfig {
  const choices = config?.choiceCount ?? 2
  const bias = config?.activeRequestBias?.defaultValue ?? 1
  if (choices < 2) report.at('choice_count').refuse('bad-number', 'must be at least 2')
  if (bias < 0) report.at('active_request_bias').refuse('bad-number', 'must not be negative')
  return { kind: 'least-request', choices: Math.min(choices, 1000), bias, slowStart: slowStartOf(config?.slowStartConfig, report) }
}

interface HashKeysMessage {
  readonly useHostnameForHashing: boolean
  readonly hashBalanceFactor: number | undefined
}

export function hashKeys(config: HashKeysMessage | undefined, report: Report): HashKeys {
  const balanceFactor = config?.hashBalanceFactor ?? 0
  if (balanceFactor > 0 && balanceFactor < 100) report.at('hash_balance_factor').refuse('bad-number', 'must be at least 100')
  return { useHostname: config?.useHostnameForHashing ?? false, balanceFactor }
}

export interface RingSettings {
  readonly minimumRingSize: bigint | undefined
  readonly maximumRingSize: bigint | undefined
  readonly hash: 'xx' | 'murmur2'
  readonly keys: HashKeys
}

export function ringHash({ minimumRingSize, maximumRingSize, hash, keys }: RingSettings, report: Report): BalancerConfig {
  const minSize = Number(minimumRingSize ?? DEFAULT_MIN_RING)
  const maxSize = Number(maximumRingSize ?? LARGEST_RING)
  if (minSize < 1 || minSize > LARGEST_RING) report.at('minimum_ring_size').refuse('bad-size', `must be from 1 to ${LARGEST_RING}`)
  if (maxSize < 1 || maxSize > LARGEST_RING) report.at('maximum_ring_size').refuse('bad-size', `must be from 1 to ${LARGEST_RING}`)
  if (minSize > maxSize) report.at('minimum_ring_size').refuse('bad-size', 'must not be more than maximum_ring_size')
  return { kind: 'ring-hash', minSize, maxSize, hash, keys }
}

export function maglev(size: bigint | undefined, keys: HashKeys, report: Report): BalancerConfig {
  const tableSize = Number(size ?? DEFAULT_TABLE)
  if (tableSize > LARGEST_TABLE || !isPrime(tableSize))
    report.at('table_size').refuse('bad-size', `must be a prime number up to ${LARGEST_TABLE}`)
  return { kind: 'maglev', tableSize, keys }
}

function isPrime(number: number): boolean {
  if (number < 2) return false
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false
  return true
}
