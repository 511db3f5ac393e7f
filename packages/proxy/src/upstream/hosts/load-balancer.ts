import type { BalancingRules } from '../../model/balancing.ts'
import type { BalancerPolicy, Picker } from '../balancers/balancer.ts'
import { hashModulo } from '../hash/hash64.ts'
import type { Host } from '../host.ts'
import type { PickContext } from '../pick-context.ts'
import { HostFlag } from './host-flag.ts'
import { pickByLocality } from './locality-picker.ts'
import { type LoadShare, type PriorityHealth, shareLoad } from './priority-load.ts'

/** Gives hosts for requests. Immutable but for the state of its algorithm; a change of the hosts makes a new one. */
export interface HostChooser {
  /** `attempt`: how many choices for this request were refused so far. null: no host may be used. */
  pick(context: PickContext | null, attempt: number): Host | null
}

/** What balancers of a cluster have in common. */
export interface BalancerSettings {
  readonly policy: BalancerPolicy
  readonly rules: BalancingRules
  /** Percent, see `LoadAssignment`. */
  readonly overprovisioning: number
  readonly weightedHealth: boolean
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** A request is sent to a priority in panic. */
  readonly onPanic: () => void
  /** Factor of a locality's weight; 1 unless a subset holds only a part of its hosts. */
  readonly localityScale: (locality: string) => number
}

interface Target {
  /** Requests whose point is below it, and not below that of the target before. */
  readonly upTo: number
  readonly panics: boolean
  /** Made when the first request comes. */
  picker: Picker | null
  readonly share: LoadShare
}

/** Priority by load, then locality by weight, then a host by the algorithm. */
export class LoadBalancer implements HostChooser {
  private readonly settings: BalancerSettings
  private readonly levels: readonly (readonly Host[])[]
  private readonly targets: readonly Target[]

  constructor(hosts: readonly Host[], settings: BalancerSettings) {
    this.settings = settings
    this.levels = byPriority(hosts)
    const { overprovisioning, weightedHealth, rules } = settings
    const shares = shareLoad(priorityHealth(hosts, weightedHealth), overprovisioning, rules.panicThreshold)
    let upTo = 0
    this.targets = shares.map(share => {
      upTo += share.percent
      return { upTo, panics: share.source === 'all', picker: null, share }
    })
  }

  pick(context: PickContext | null, attempt: number): Host | null {
    const { settings } = this
    const hash = settings.policy.hashes && context !== null ? context.hash() : null
    const target = this.targetAt(hash === null ? null : hashModulo(hash, 100))
    if (target === undefined) return null
    if (target.panics) {
      settings.onPanic()
      if (settings.rules.failOnPanic) return null
    }
    target.picker ??= this.compile(target.share)
    return target.picker.pick(hash, attempt)
  }

  private targetAt(hashed: number | null): Target | undefined {
    const { targets } = this
    if (targets.length <= 1) return targets[0]
    const point = hashed ?? Math.floor(this.settings.random() * 100)
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i]
      if (target !== undefined && point < target.upTo) return target
    }
    return targets[0]
  }

  private compile({ priority, source }: LoadShare): Picker {
    const { policy, rules, overprovisioning, localityScale } = this.settings
    const level = this.levels[priority] ?? []
    const usable = level.filter(
      host => host.endpoint.weight > 0 && (source === 'all' || (source === 'healthy' ? host.healthy : host.degraded)),
    )
    if (usable.length === 0) return NOBODY
    if (rules.localityWeighted && source !== 'all') {
      const picker = pickByLocality(level, new Set(usable), policy, overprovisioning, localityScale)
      if (picker !== null) return picker
    }
    return policy.compile(
      usable,
      usable.map(host => host.endpoint.weight),
    )
  }
}

const NOBODY: Picker = { pick: () => null }

/** The health of each priority, from 0 to the highest that has hosts. */
export function priorityHealth(hosts: readonly Host[], weighted: boolean): readonly PriorityHealth[] {
  return byPriority(hosts).map(level => healthOf(level, weighted))
}

function byPriority(hosts: readonly Host[]): readonly (readonly Host[])[] {
  const highest = hosts.reduce((max, { endpoint }) => Math.max(max, endpoint.priority), 0)
  const levels: Host[][] = Array.from({ length: highest + 1 }, () => [])
  for (const host of hosts) levels[host.endpoint.priority]?.push(host)
  return levels
}

const UNCOUNTED = HostFlag.pendingCheck | HostFlag.excluded

function healthOf(hosts: readonly Host[], weighted: boolean): PriorityHealth {
  const weigh = (members: readonly Host[]): number =>
    weighted ? members.reduce((sum, host) => sum + host.endpoint.weight, 0) : members.length
  return {
    total: weigh(hosts),
    healthy: weigh(hosts.filter(host => host.healthy)),
    degraded: weigh(hosts.filter(host => host.degraded)),
    excluded: weigh(hosts.filter(host => host.has(UNCOUNTED))),
    hosts: hosts.length,
  }
}
