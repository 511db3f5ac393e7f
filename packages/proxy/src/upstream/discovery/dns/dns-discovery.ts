import type { DnsConfig, EndpointConfig, LoadAssignment } from '../../../model/cluster.ts'
import type { Discovery, DiscoveryOwner } from '../discovery.ts'
import { ResolveTarget, type TargetOwner } from './resolve-target.ts'

/**
 * Endpoints that DNS resolves: every address of every name (STRICT_DNS), or the first address of the one name (LOGICAL_DNS).
 * A name that does not resolve for a moment keeps the addresses it had.
 */
export class DnsDiscovery implements Discovery, TargetOwner {
  private readonly owner: DiscoveryOwner
  private readonly targets: readonly ResolveTarget[]
  private readonly found = new Map<ResolveTarget, readonly string[]>()
  private readonly unanswered: Set<ResolveTarget>
  private readonly onlyFirst: boolean

  constructor(owner: DiscoveryOwner, load: LoadAssignment, dns: DnsConfig, onlyFirst: boolean) {
    this.owner = owner
    this.onlyFirst = onlyFirst
    this.targets = load.endpoints.map(endpoint => new ResolveTarget(endpoint, this, dns, owner.deps))
    this.unanswered = new Set(this.targets)
  }

  start(): void {
    for (const target of this.targets) {
      this.owner.deps.stats.add(this.owner.stats.updateAttempt, 1)
      target.resolve()
    }
    if (this.targets.length === 0) this.owner.discovered()
  }

  close(): void {
    for (const target of this.targets) target.close()
  }

  onResolved(target: ResolveTarget, addresses: readonly string[] | null): void {
    const { stats, deps } = this.owner
    const first = this.unanswered.delete(target)
    if (!first) deps.stats.add(stats.updateAttempt, 1)
    deps.stats.add(addresses === null ? stats.updateFailure : stats.updateSuccess, 1)
    if (addresses !== null) this.keep(target, this.onlyFirst ? addresses.slice(0, 1) : addresses)
    if (first && this.unanswered.size === 0) this.owner.discovered()
  }

  private keep(target: ResolveTarget, addresses: readonly string[]): void {
    const before = this.found.get(target)
    // Servers rotate their answers: the order says nothing.
    if (before !== undefined && before.length === addresses.length && addresses.every(address => before.includes(address))) {
      this.owner.deps.stats.add(this.owner.stats.updateNoRebuild, 1)
      return
    }
    this.found.set(target, addresses)
    this.owner.replaceEndpoints(this.targets.flatMap(each => this.endpointsOf(each)))
  }

  private endpointsOf(target: ResolveTarget): readonly EndpointConfig[] {
    const addresses = this.found.get(target)
    return addresses === undefined ? [] : target.endpointsAt(addresses)
  }
}
