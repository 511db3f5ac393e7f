import type { BalancerPolicy, Picker } from '../balancers/balancer.ts'
import { EdfScheduler } from '../balancers/edf-scheduler.ts'
import type { Hash64 } from '../hash/hash64.ts'
import type { Host } from '../host.ts'

/** Hosts of one locality that may be chosen, out of those it has. */
interface LocalityGroup {
  readonly usable: Host[]
  /** Hosts that count, usable or not. */
  total: number
  /** Of the configuration. */
  weight: number
}

interface WeightedPicker {
  readonly picker: Picker
  readonly weight: number
}

/** First a locality by its weight, then one of its hosts. */
export class LocalityPicker implements Picker {
  private readonly scheduler: EdfScheduler<WeightedPicker>

  constructor(groups: readonly WeightedPicker[]) {
    this.scheduler = new EdfScheduler(groups, ({ weight }) => weight)
  }

  pick(hash: Hash64 | null, attempt: number): Host | null {
    return this.scheduler.pick()?.picker.pick(hash, attempt) ?? null
  }
}

/**
 * A picker that shares by the weights of localities (`locality_weighted_lb_config`); a locality short of healthy hosts counts
 * for less. null: no locality has a weight.
 */
export function pickByLocality(
  all: readonly Host[],
  usable: ReadonlySet<Host>,
  policy: BalancerPolicy,
  overprovisioning: number,
  localityScale: (locality: string) => number,
): Picker | null {
  const groups = [...groupByLocality(all, usable)].flatMap(([locality, group]): readonly (LocalityGroup & { share: number })[] => {
    const availability = Math.min(1, ((overprovisioning / 100) * group.usable.length) / group.total)
    const share = group.weight * availability * localityScale(locality)
    return share > 0 ? [{ ...group, share }] : []
  })
  if (groups.length === 0) return null
  if (policy.hashes) {
    const hosts = groups.flatMap(({ usable: members }) => members)
    return policy.compile(hosts, groups.flatMap(withinShare))
  }
  return new LocalityPicker(
    groups.map(({ usable: members, share }) => ({
      picker: policy.compile(
        members,
        members.map(host => host.endpoint.weight),
      ),
      weight: share,
    })),
  )
}

/** For hashing, the weights of the hosts are parts of the locality's. */
function withinShare({ usable, share }: LocalityGroup & { share: number }): readonly number[] {
  const total = usable.reduce((sum, host) => sum + host.endpoint.weight, 0)
  return usable.map(host => (share * host.endpoint.weight) / total)
}

function groupByLocality(all: readonly Host[], usable: ReadonlySet<Host>): ReadonlyMap<string, LocalityGroup> {
  const groups = new Map<string, LocalityGroup>()
  for (const host of all) {
    const { locality, localityWeight } = host.endpoint
    const group = groups.get(locality) ?? { usable: [], total: 0, weight: localityWeight }
    group.total++
    if (usable.has(host)) group.usable.push(host)
    groups.set(locality, group)
  }
  return groups
}
