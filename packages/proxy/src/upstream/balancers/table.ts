import type { BalancerConfig } from '../../model/balancing.ts'
import type { BalancerDeps, BalancerPolicy } from './balancer.ts'
import { LeastRequest } from './least-request/least-request.ts'
import { Maglev } from './maglev/maglev.ts'
import { RandomChoice } from './random/random-choice.ts'
import { RingHash } from './ring-hash/ring-hash.ts'
import { RoundRobin } from './round-robin/round-robin.ts'

/** Every balancing algorithm has a folder here and a line in this table. */
export function createBalancerPolicy(config: BalancerConfig, deps: BalancerDeps): BalancerPolicy {
  switch (config.kind) {
    case 'round-robin':
      return new RoundRobin(config, deps)
    case 'least-request':
      return new LeastRequest(config, deps)
    case 'random':
      return new RandomChoice(deps)
    case 'ring-hash':
      return new RingHash(config, deps)
    case 'maglev':
      return new Maglev(config, deps)
  }
}
