/** How a cluster chooses among the hosts of one priority and availability. */
export type BalancerConfig =
  | { readonly kind: 'round-robin'; readonly slowStart: SlowStartConfig | null }
  | {
      readonly kind: 'least-request'
      /** Hosts that are compared when all weigh the same; at least 2. */
      readonly choices: number
      /** Exponent of the active requests by which a weight is divided; 0: requests do not count. */
      readonly bias: number
      readonly slowStart: SlowStartConfig | null
    }
  | { readonly kind: 'random' }
  | {
      readonly kind: 'ring-hash'
      readonly minSize: number
      readonly maxSize: number
      readonly hash: 'xx' | 'murmur2'
      readonly keys: HashKeys
    }
  | { readonly kind: 'maglev'; readonly tableSize: number; readonly keys: HashKeys }

/** `ConsistentHashingLbConfig`. */
export interface HashKeys {
  /** The endpoint's name instead of its address places it. */
  readonly useHostname: boolean
  /** Percent of the mean load (at least 100) that a host may carry before others take over. 0: no bound. */
  readonly balanceFactor: number
}

/** A new host's weight grows to its full size during the window. */
export interface SlowStartConfig {
  readonly windowMs: number
  /** 1: linear; higher: faster at first. */
  readonly aggression: number
  /** Smallest share of the weight, 0 to 1. */
  readonly minShare: number
}

/** What holds whatever the balancer is (`CommonLbConfig` or the locality settings of a policy). */
export interface BalancingRules {
  /** Percent of available hosts below which all are used; 0: never. */
  readonly panicThreshold: number
  /** In panic no host is used rather than all. */
  readonly failOnPanic: boolean
  /** Localities share by their weights. Otherwise all hosts of a priority are one group. */
  readonly localityWeighted: boolean
  /** New hosts count neither as healthy nor as unhealthy before their first check. */
  readonly ignoreNewHostsUntilFirstCheck: boolean
  /** Connections are drained when any host of the cluster comes or goes. */
  readonly drainOnHostChange: boolean
}

export type SubsetFallback = 'none' | 'any' | 'default'

/** `LbSubsetConfig`. */
export interface SubsetConfig {
  readonly fallback: SubsetFallback
  readonly defaultSubset: SubsetCriteria
  readonly selectors: readonly SubsetSelector[]
  readonly panicModeAny: boolean
  /** A list in the metadata of a host stands for each of its members. */
  readonly listAsAny: boolean
  /** `fallback_list` of the criteria holds further criteria to try in turn. */
  readonly metadataFallback: boolean
  readonly localityWeightAware: boolean
  readonly scaleLocalityWeight: boolean
  readonly allowRedundantKeys: boolean
}

export interface SubsetSelector {
  /** Sorted. */
  readonly keys: readonly string[]
  /** null: that of the cluster. */
  readonly fallback: SubsetFallback | { readonly keys: readonly string[] } | null
}

/** Metadata under `envoy.lb` that hosts must have, sorted by key. */
export type SubsetCriteria = readonly (readonly [key: string, value: unknown])[]
