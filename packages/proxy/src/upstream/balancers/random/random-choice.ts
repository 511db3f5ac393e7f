import type { Host } from '../../host.ts'
import type { BalancerDeps, BalancerPolicy, Picker } from '../balancer.ts'

/** Any host, whatever its weight (Envoy's RANDOM does not look at weights). */
export class RandomChoice implements BalancerPolicy {
  readonly hashes = false
  private readonly random: () => number

  constructor({ random }: BalancerDeps) {
    this.random = random
  }

  compile(hosts: readonly Host[]): Picker {
    const { random } = this
    return { pick: () => hosts[Math.floor(random() * hosts.length)] ?? null }
  }
}
