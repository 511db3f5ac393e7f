import type { ClusterConfig, EndpointConfig } from '../model/cluster.ts'
import { Host } from './host.ts'

/** The hosts of a cluster at one moment. Immutable: an update makes a new one that shares the hosts that stayed. */
export class HostSet {
  readonly all: readonly Host[]
  /** Those that may be chosen: healthy ones of the best priority that has any. */
  readonly eligible: readonly Host[]
  readonly evenWeights: boolean
  private readonly byKey: ReadonlyMap<string, Host>

  constructor(hosts: readonly Host[]) {
    this.all = hosts
    this.eligible = bestPriority(hosts)
    this.evenWeights = this.eligible.every(host => host.endpoint.weight === this.eligible[0]?.endpoint.weight)
    this.byKey = new Map(hosts.map(host => [keyOf(host.endpoint), host]))
  }

  /** The set after an update, and the hosts that are gone. */
  update(
    cluster: Pick<ClusterConfig, 'name' | 'sourceAddress'>,
    endpoints: readonly EndpointConfig[],
  ): { readonly next: HostSet; readonly gone: readonly Host[] } {
    const hosts = [...new Map(endpoints.map(endpoint => [keyOf(endpoint), endpoint])).entries()].map(
      ([key, endpoint]) => this.byKey.get(key) ?? new Host(cluster.name, endpoint, cluster.sourceAddress),
    )
    const kept = new Set(hosts)
    return { next: new HostSet(hosts), gone: this.all.filter(host => !kept.has(host)) }
  }
}

export const EMPTY_HOST_SET: HostSet = new HostSet([])

function bestPriority(hosts: readonly Host[]): readonly Host[] {
  const healthy = hosts.filter(host => host.endpoint.healthy && host.endpoint.weight > 0)
  const best = Math.min(...healthy.map(host => host.endpoint.priority))
  return healthy.filter(host => host.endpoint.priority === best)
}

/** Everything about an endpoint: one that changed in any way is another host. */
function keyOf(endpoint: EndpointConfig): string {
  return JSON.stringify(endpoint)
}
