import type { ObjectOf, SidecarEgress } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { gatewayKey, MESH_GATEWAY } from '../translate/routes/static-match.ts'
import { hostsOverlap, isExportedTo, namespaceCovers, parseScopedHost, type ScopedHost } from './host-pattern.ts'
import type { ViewIdentity } from './view-identity.ts'

/** What one egress listener of a sidecar may reach. */
export interface EgressScope {
  /** undefined: the listener for everything that has none of its own. */
  readonly listener: SidecarEgress | undefined
  readonly services: readonly Service[]
  readonly virtualServices: readonly ObjectOf<'VirtualService'>[]
}

const EVERYTHING: readonly string[] = ['*/*']

/** The egress listeners of a sidecar, each with what it reaches. Without a Sidecar object there is one that reaches all. */
export function egressScopes(
  identity: ViewIdentity,
  snapshot: MeshSnapshot,
  sidecar: ObjectOf<'Sidecar'> | undefined,
): readonly EgressScope[] {
  const services = visibleServices(identity.namespace, snapshot)
  const virtualServices = visibleVirtualServices(identity.namespace, snapshot)
  const egress = sidecar?.spec.egress
  if (egress === undefined) return [scope(undefined, EVERYTHING, identity.namespace, services, virtualServices)]
  return egress.map(listener =>
    scope(isPlaced(listener) ? listener : undefined, listener.hosts, identity.namespace, services, virtualServices),
  )
}

function isPlaced(listener: SidecarEgress): boolean {
  return (listener.port?.number ?? 0) > 0 || (listener.bind ?? '').startsWith('unix:')
}

function scope(
  listener: SidecarEgress | undefined,
  hosts: readonly string[],
  own: string,
  services: readonly Service[],
  virtualServices: readonly ObjectOf<'VirtualService'>[],
): EgressScope {
  const patterns = hosts.map(parseScopedHost)
  const allows = (namespace: string, host: string): boolean => patterns.some(pattern => admits(pattern, namespace, host, own))
  return {
    listener,
    services: services.filter(service => allows(service.namespace, service.hostname)),
    virtualServices: virtualServices.filter(vs => vs.spec.hosts.some(host => allows(vs.meta.namespace, host))),
  }
}

function admits(pattern: ScopedHost, namespace: string, host: string, own: string): boolean {
  return namespaceCovers(pattern.namespace, namespace, own) && hostsOverlap(pattern.host, host)
}

/** Services exported to the namespace; where two define one host, its own namespace's wins, then the older. */
export function visibleServices(namespace: string, snapshot: MeshSnapshot): readonly Service[] {
  const byHost = new Map<string, Service>()
  for (const service of snapshot.registry.services) {
    if (!isExportedTo(service.exportTo, service.namespace, namespace)) continue
    const known = byHost.get(service.hostname)
    if (known === undefined || (known.namespace !== namespace && service.namespace === namespace)) byHost.set(service.hostname, service)
  }
  return [...byHost.values()]
}

/** VirtualServices for sidecars that the namespace may see, oldest first. */
function visibleVirtualServices(namespace: string, snapshot: MeshSnapshot): readonly ObjectOf<'VirtualService'>[] {
  return snapshot.virtualServices.filter(
    vs =>
      isExportedTo(vs.spec.exportTo, vs.meta.namespace, namespace) &&
      vs.spec.gateways.some(gateway => gatewayKey(gateway, vs.meta.namespace) === MESH_GATEWAY),
  )
}
