import type { Clock } from '@meshwork/core/time'
import type { Hash64 } from '../hash/hash64.ts'
import type { Host } from '../host.ts'

/** Chooses among hosts that were given when it was made. Keeps the state of its algorithm. */
export interface Picker {
  /** `hash`: where the request belongs, for those that hash. `attempt`: how many choices for this request were refused. */
  pick(hash: Hash64 | null, attempt: number): Host | null
}

/** One balancing algorithm with its settings. Lives as long as the cluster; makes a picker for each group of hosts. */
export interface BalancerPolicy {
  /** The priority that a request goes to follows from its hash. */
  readonly hashes: boolean
  /** At least one host; `weights` of them in the same order, above 0, on any scale. */
  compile(hosts: readonly Host[], weights: readonly number[]): Picker
}

export interface BalancerDeps {
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
}

export function evenWeights(weights: readonly number[]): boolean {
  return weights.every(weight => weight === weights[0])
}
