import type { BalancerConfig } from '../../../model/balancing.ts'
import type { Host } from '../../host.ts'
import { type BalancerDeps, type BalancerPolicy, evenWeights, type Picker } from '../balancer.ts'
import { EdfScheduler } from '../edf-scheduler.ts'
import { slowStart } from '../slow-start.ts'

type Config = Extract<BalancerConfig, { kind: 'least-request' }>

/** Of equal hosts the least busy of some chosen at random; of others each by its weight divided by its active requests. */
export class LeastRequest implements BalancerPolicy {
  readonly hashes = false
  private readonly config: Config
  private readonly deps: BalancerDeps

  constructor(config: Config, deps: BalancerDeps) {
    this.config = config
    this.deps = deps
  }

  compile(hosts: readonly Host[], weights: readonly number[]): Picker {
    const { bias, choices } = this.config
    const share = slowStart(this.config.slowStart, this.deps)
    if (share === null && evenWeights(weights)) return new LeastOfSome(hosts, choices, this.deps.random)
    const scheduler = new EdfScheduler(hosts, host => {
      const weight = host.endpoint.weight * (share === null ? 1 : share(host))
      return bias === 0 ? weight : weight / (host.counters.rqActive + 1) ** bias
    })
    return { pick: () => scheduler.pick() }
  }
}

class LeastOfSome implements Picker {
  private readonly hosts: readonly Host[]
  private readonly choices: number
  private readonly random: () => number

  constructor(hosts: readonly Host[], choices: number, random: () => number) {
    this.hosts = hosts
    this.choices = choices
    this.random = random
  }

  pick(): Host | null {
    const { hosts, choices, random } = this
    let best = hosts[Math.floor(random() * hosts.length)] ?? null
    for (let i = 1; i < choices && best !== null; i++) {
      const other = hosts[Math.floor(random() * hosts.length)]
      if (other !== undefined && other.counters.rqActive < best.counters.rqActive) best = other
    }
    return best
  }
}
