import type { EndpointConfig } from '../model/cluster.ts'
import { addressText } from '../net/address.ts'
import { HostFlag } from './hosts/host-flag.ts'
import { Host, type HostOwner } from './host.ts'

/** What an update of the hosts changed. */
export interface HostChange {
  readonly added: readonly Host[]
  readonly gone: readonly Host[]
}

/** The hosts of a cluster by what makes them the same over updates. */
export class HostSet {
  private readonly byKey = new Map<string, Host>()
  private readonly owner: HostOwner

  constructor(owner: HostOwner) {
    this.owner = owner
  }

  /** In the order in which they came to be known. */
  all(): readonly Host[] {
    return [...this.byKey.values()]
  }

  get size(): number {
    return this.byKey.size
  }

  has(host: Host): boolean {
    return this.byKey.get(keyOf(host.endpoint)) === host
  }

  /** `mayStay`: a host that is no longer listed is kept until it fails (checked hosts). The first of equal endpoints counts. */
  update(endpoints: readonly EndpointConfig[], mayStay: (host: Host) => boolean): HostChange {
    const listed = new Map<string, EndpointConfig>()
    for (const endpoint of endpoints) {
      const key = keyOf(endpoint)
      if (!listed.has(key)) listed.set(key, endpoint)
    }
    const gone = this.removeOthers(listed, mayStay)
    const added: Host[] = []
    for (const [key, endpoint] of listed) {
      const known = this.byKey.get(key)
      if (known !== undefined) {
        known.update(endpoint)
        continue
      }
      const host = new Host(this.owner, endpoint)
      this.byKey.set(key, host)
      added.push(host)
    }
    return { added, gone }
  }

  remove(host: Host): void {
    if (this.has(host)) this.byKey.delete(keyOf(host.endpoint))
  }

  private removeOthers(listed: ReadonlyMap<string, EndpointConfig>, mayStay: (host: Host) => boolean): readonly Host[] {
    const gone: Host[] = []
    for (const [key, host] of this.byKey) {
      if (listed.has(key)) continue
      if (mayStay(host)) {
        host.mark(HostFlag.pendingRemoval)
        continue
      }
      this.byKey.delete(key)
      gone.push(host)
    }
    return gone
  }
}

/** Its address, and what connections and checks of it are made with: an endpoint that differs in those is another host. */
function keyOf({ address, check, metadata }: EndpointConfig): string {
  const labels = metadata['envoy.transport_socket_match']
  const more = labels === undefined && check === null ? '' : JSON.stringify([labels, check])
  return addressText(address) + more
}
