import type { BalancerConfig } from '../../../model/balancing.ts'
import { compareHashes, type Hash64, randomHash } from '../../hash/hash64.ts'
import { murmurHash2 } from '../../hash/murmur-hash.ts'
import { xxHash64 } from '../../hash/xx-hash.ts'
import type { Host } from '../../host.ts'
import type { BalancerDeps, BalancerPolicy, Picker } from '../balancer.ts'
import { BoundedLoad } from '../bounded-load.ts'
import { hashKeyOf, normalWeights } from '../hash-key.ts'

type Config = Extract<BalancerConfig, { kind: 'ring-hash' }>

/** Consistent hashing on a ring (ketama) that equals Envoy's for equal hosts. */
export class RingHash implements BalancerPolicy {
  readonly hashes = true
  private readonly config: Config
  private readonly deps: BalancerDeps

  constructor(config: Config, deps: BalancerDeps) {
    this.config = config
    this.deps = deps
  }

  compile(hosts: readonly Host[], weights: readonly number[]): Picker {
    const ring = new Ring(hosts, weights, this.config, this.deps.random)
    const { balanceFactor } = this.config.keys
    return balanceFactor === 0 ? ring : new BoundedLoad(ring, hosts, weights, balanceFactor, this.deps.random)
  }
}

interface Point {
  readonly hash: Hash64
  readonly host: Host
}

class Ring implements Picker {
  private readonly points: readonly Point[]
  private readonly random: () => number

  constructor(hosts: readonly Host[], weights: readonly number[], config: Config, random: () => number) {
    this.points = buildRing(hosts, normalWeights(weights), config)
    this.random = random
  }

  /** The first point at or after the hash; a repeated choice moves on along the ring. */
  pick(given: Hash64 | null, attempt: number): Host | null {
    const { points } = this
    const hash = given ?? randomHash(this.random)
    let low = 0
    let high = points.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const point = points[middle]
      if (point !== undefined && compareHashes(point.hash, hash) < 0) low = middle + 1
      else high = middle
    }
    return points[(low + attempt) % points.length]?.host ?? null
  }
}

/** Each host has points by its weight; the ring is large enough for the lightest to have its share. */
function buildRing(hosts: readonly Host[], weights: readonly number[], config: Config): readonly Point[] {
  const least = Math.min(...weights)
  const scale = Math.min(Math.ceil(least * config.minSize) / least, config.maxSize)
  const digest = config.hash === 'xx' ? xxHash64 : murmurHash2
  const points: Point[] = []
  let target = 0
  for (const [i, host] of hosts.entries()) {
    const key = hashKeyOf(host, config.keys)
    target += scale * (weights[i] ?? 0)
    for (let copy = 0; points.length < target; copy++) points.push({ hash: digest(`${key}_${copy}`), host })
  }
  return points.sort((a, b) => compareHashes(a.hash, b.hash))
}
