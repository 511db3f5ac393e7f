import type { Host } from './host.ts'
import type { HostSet } from './host-set.ts'

/** Chooses one of the eligible hosts; null when there is none. */
export interface Balancer {
  pick(hosts: HostSet): Host | null
}

/** Smooth weighted round robin: hosts of higher weight come more often, spread evenly. */
class RoundRobin implements Balancer {
  private index: number
  private seen: HostSet | null = null
  private credit: number[] = []

  constructor(random: () => number) {
    // Proxies that start together should not all begin with the same host.
    this.index = Math.floor(random() * 65_536)
  }

  pick(hosts: HostSet): Host | null {
    const { eligible } = hosts
    if (eligible.length === 0) return null
    if (!hosts.evenWeights) return this.weighted(hosts)
    this.index = (this.index + 1) % eligible.length
    return eligible[this.index] ?? null
  }

  private weighted(hosts: HostSet): Host | null {
    if (this.seen !== hosts) {
      this.seen = hosts
      this.credit = hosts.eligible.map(() => 0)
    }
    let best = 0
    let total = 0
    for (const [i, host] of hosts.eligible.entries()) {
      const { weight } = host.endpoint
      total += weight
      this.credit[i] = (this.credit[i] ?? 0) + weight
      if ((this.credit[i] ?? 0) > (this.credit[best] ?? 0)) best = i
    }
    this.credit[best] = (this.credit[best] ?? 0) - total
    return hosts.eligible[best] ?? null
  }
}

class RandomChoice implements Balancer {
  private readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  pick(hosts: HostSet): Host | null {
    const { eligible } = hosts
    if (hosts.evenWeights) return eligible[Math.floor(this.random() * eligible.length)] ?? null
    let point = this.random() * eligible.reduce((sum, host) => sum + host.endpoint.weight, 0)
    return eligible.find(host => (point -= host.endpoint.weight) < 0) ?? eligible[0] ?? null
  }
}

/** The less busy, for its weight, of two chosen at random. */
class LeastRequest implements Balancer {
  private readonly random: () => number
  private readonly candidates: RandomChoice

  constructor(random: () => number) {
    this.random = random
    this.candidates = new RandomChoice(random)
  }

  pick(hosts: HostSet): Host | null {
    const { eligible } = hosts
    const first = this.candidates.pick(hosts)
    if (first === null || eligible.length === 1) return first
    let second = eligible[Math.floor(this.random() * eligible.length)] ?? first
    if (second === first) second = eligible[(eligible.indexOf(first) + 1) % eligible.length] ?? first
    return load(second) < load(first) ? second : first
  }
}

function load(host: Host): number {
  return (host.counters.rqActive + 1) / host.endpoint.weight
}

export function createBalancer(kind: 'round-robin' | 'least-request' | 'random', random: () => number): Balancer {
  switch (kind) {
    case 'round-robin':
      return new RoundRobin(random)
    case 'least-request':
      return new LeastRequest(random)
    case 'random':
      return new RandomChoice(random)
  }
}
