import type { BalancerConfig } from '../../../model/balancing.ts'
import { type Hash64, hashModulo, randomHash } from '../../hash/hash64.ts'
import { xxHash64 } from '../../hash/xx-hash.ts'
import type { Host } from '../../host.ts'
import type { BalancerDeps, BalancerPolicy, Picker } from '../balancer.ts'
import { BoundedLoad } from '../bounded-load.ts'
import { hashKeyOf, normalWeights } from '../hash-key.ts'

type Config = Extract<BalancerConfig, { kind: 'maglev' }>

/** Consistent hashing by a look-up table (Eisenbud et al., "Maglev", 2016, section 3.4) with weights. */
export class Maglev implements BalancerPolicy {
  readonly hashes = true
  private readonly config: Config
  private readonly deps: BalancerDeps

  constructor(config: Config, deps: BalancerDeps) {
    this.config = config
    this.deps = deps
  }

  compile(hosts: readonly Host[], weights: readonly number[]): Picker {
    const table = new Table(hosts, weights, this.config, this.deps.random)
    const { balanceFactor } = this.config.keys
    return balanceFactor === 0 ? table : new BoundedLoad(table, hosts, weights, balanceFactor, this.deps.random)
  }
}

class Table implements Picker {
  private readonly hosts: readonly Host[]
  /** Index of a host at each place. */
  private readonly places: Int32Array
  private readonly random: () => number

  constructor(hosts: readonly Host[], weights: readonly number[], config: Config, random: () => number) {
    this.hosts = hosts
    this.places = fillTable(candidatesOf(hosts, normalWeights(weights), config), config.tableSize)
    this.random = random
  }

  pick(given: Hash64 | null, attempt: number): Host | null {
    const hash = given ?? randomHash(this.random)
    // A repeated choice must differ: the attempt changes the bits that decide.
    const tried = attempt === 0 ? hash : { high: (hash.high ^ ~attempt) >>> 0, low: (hash.low ^ ~attempt) >>> 0 }
    return this.hosts[this.places[hashModulo(tried, this.places.length)] ?? 0] ?? null
  }
}

interface Candidate {
  readonly index: number
  readonly key: string
  readonly offset: number
  readonly skip: number
  readonly weight: number
  target: number
  next: number
}

/** Hosts take free places in turn, each in the order of its own permutation, lighter ones less often. */
function fillTable(candidates: readonly Candidate[], tableSize: number): Int32Array {
  const places = new Int32Array(tableSize).fill(-1)
  const heaviest = Math.max(...candidates.map(({ weight }) => weight))
  let filled = 0
  for (let round = 1; filled < tableSize; round++) {
    for (const candidate of candidates) {
      if (filled === tableSize) break
      if (round * candidate.weight < candidate.target) continue
      candidate.target += heaviest
      let place = (candidate.offset + candidate.skip * candidate.next) % tableSize
      while ((places[place] ?? -1) >= 0) {
        candidate.next++
        place = (candidate.offset + candidate.skip * candidate.next) % tableSize
      }
      places[place] = candidate.index
      candidate.next++
      filled++
    }
  }
  return places
}

function candidatesOf(hosts: readonly Host[], weights: readonly number[], { tableSize, keys }: Config): readonly Candidate[] {
  const candidates = hosts.map((host, index): Candidate => {
    const key = hashKeyOf(host, keys)
    const offset = hashModulo(xxHash64(key), tableSize)
    const skip = hashModulo(xxHash64(key, SECOND_SEED), tableSize - 1) + 1
    return { index, key, offset, skip, weight: weights[index] ?? 0, target: 0, next: 0 }
  })
  return candidates.sort((a, b) => (a.key < b.key ? -1 : 1))
}

const SECOND_SEED: Hash64 = { high: 0, low: 1 }
