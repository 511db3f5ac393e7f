import type { BalancerConfig } from '../../../model/balancing.ts'
import type { Host } from '../../host.ts'
import { type BalancerDeps, type BalancerPolicy, evenWeights, type Picker } from '../balancer.ts'
import { EdfScheduler } from '../edf-scheduler.ts'
import { type SlowStart, slowStart } from '../slow-start.ts'

/** Each in turn, hosts of higher weight more often. */
export class RoundRobin implements BalancerPolicy {
  readonly hashes = false
  private readonly deps: BalancerDeps
  private readonly slowStart: SlowStart | null

  constructor(config: Extract<BalancerConfig, { kind: 'round-robin' }>, deps: BalancerDeps) {
    this.deps = deps
    this.slowStart = slowStart(config.slowStart, deps)
  }

  compile(hosts: readonly Host[], weights: readonly number[]): Picker {
    // Proxies that start together should not all begin with the same host.
    const skipped = Math.floor(this.deps.random() * hosts.length)
    if (this.slowStart === null && evenWeights(weights)) return new Turns(hosts, skipped)
    return new WeightedTurns(hosts, skipped, this.slowStart)
  }
}

class Turns implements Picker {
  private readonly hosts: readonly Host[]
  private index: number

  constructor(hosts: readonly Host[], index: number) {
    this.hosts = hosts
    this.index = index
  }

  pick(): Host | null {
    this.index = this.index + 1 >= this.hosts.length ? 0 : this.index + 1
    return this.hosts[this.index] ?? null
  }
}

class WeightedTurns implements Picker {
  private readonly scheduler: EdfScheduler<Host>

  constructor(hosts: readonly Host[], skipped: number, share: SlowStart | null) {
    const weightOf = share === null ? fullWeight : (host: Host): number => host.endpoint.weight * share(host)
    this.scheduler = new EdfScheduler(hosts, weightOf)
    for (let i = 0; i < skipped; i++) this.scheduler.pick()
  }

  pick(): Host | null {
    return this.scheduler.pick()
  }
}

function fullWeight(host: Host): number {
  return host.endpoint.weight
}
