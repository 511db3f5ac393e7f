import type { Hash64 } from '../hash/hash64.ts'
import { randomHash } from '../hash/hash64.ts'
import type { Host } from '../host.ts'
import type { Picker } from './balancer.ts'
import { normalWeights } from './hash-key.ts'

/**
 * Consistent hashing with bounded loads (`hash_balance_factor`): a host that carries more than its bound passes the request
 * on to others, in an order that depends on the hash only.
 */
export class BoundedLoad implements Picker {
  private readonly inner: Picker
  private readonly hosts: readonly Host[]
  private readonly shares: ReadonlyMap<Host, number>
  private readonly factor: number
  private readonly random: () => number

  /** `factor`: percent of the mean load, 100 or more. */
  constructor(inner: Picker, hosts: readonly Host[], weights: readonly number[], factor: number, random: () => number) {
    const shares = normalWeights(weights)
    this.inner = inner
    this.hosts = hosts
    this.shares = new Map(hosts.map((host, i) => [host, shares[i] ?? 0]))
    this.factor = factor
    this.random = random
  }

  pick(given: Hash64 | null, attempt: number): Host | null {
    const hash = given ?? randomHash(this.random)
    const host = this.inner.pick(hash, attempt)
    if (host === null) return null
    const total = this.hosts.reduce((sum, { counters }) => sum + counters.rqActive, 0)
    return this.overload(host, total) <= 1 ? host : this.alternative(hash, total)
  }

  /** The first that has room, in an order drawn by the hash; without any, the least overloaded. */
  private alternative(hash: Hash64, total: number): Host | null {
    const order = this.hosts.map((_, i) => i)
    let state = (hash.low ^ hash.high) >>> 0 || 1
    let least: Host | null = null
    let leastLoad = Infinity
    for (let i = 0; i < order.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      const j = i + Math.floor((state / 0x1_0000_0000) * (order.length - i))
      const chosen = order[j] ?? i
      order[j] = order[i] ?? i
      const host = this.hosts[chosen]
      if (host === undefined) continue
      const load = this.overload(host, total)
      if (load <= 1) return host
      if (load < leastLoad) {
        least = host
        leastLoad = load
      }
    }
    return least
  }

  /** Active requests in parts of the bound. */
  private overload(host: Host, total: number): number {
    const slots = Math.max(1, Math.ceil((((total + 1) * this.factor) / 100) * (this.shares.get(host) ?? 0)))
    return (host.counters.rqActive + 1) / slots
  }
}
