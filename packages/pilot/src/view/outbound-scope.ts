import { covers, type ObjectOf, type SidecarEgress } from '@meshwork/config/kinds'
import type { Service, ServiceRegistry } from '@meshwork/config/registry'
import type { CompleteVirtualService } from '../snapshot/delegated-routes.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { gatewayKey, MESH_GATEWAY } from '../translate/routes/static-match.ts'
import { hostsOverlap, isExportedTo, namespaceCovers, parseScopedHost } from './host-pattern.ts'
import { Remembered } from '../snapshot/remembered.ts'
import type { ViewIdentity } from './view-identity.ts'

/** What one egress listener of a sidecar may reach. */
export interface EgressScope {
  /** undefined: the listener for everything that has none of its own. */
  readonly listener: SidecarEgress | undefined
  readonly services: readonly Service[]
  /** In the order in which they decide: see `visibleVirtualServices`. */
  readonly virtualServices: readonly CompleteVirtualService[]
}

const EVERYTHING: readonly string[] = ['*/*']

/**
 * The egress listeners of a sidecar, each with what it reaches. Without a Sidecar object, and with one that has no egress listeners,
 * there is one that reaches all.
 */
export function egressScopes(
  identity: ViewIdentity,
  snapshot: MeshSnapshot,
  sidecar: ObjectOf<'Sidecar'> | undefined,
): readonly EgressScope[] {
  const { namespace } = identity
  const virtualServices = visibleVirtualServices(namespace, snapshot)
  const egress = sidecar?.spec.egress ?? []
  if (egress.length === 0) return [{ listener: undefined, services: ownServices(namespace, snapshot), virtualServices }]
  const services = exportedServices(namespace, snapshot.registry)
  return egress.map(listener => {
    const admitted = admittedBy(listener.hosts, namespace)
    return {
      listener: isPlaced(listener) ? listener : undefined,
      services: admittedServices.get(listener, namespace, [services], () =>
        oneForEachHost(
          services.filter(service => admitted(service.namespace, service.hostname, covers)),
          namespace,
        ),
      ),
      virtualServices: virtualServices.filter(({ meta, spec }) => spec.hosts.some(host => admitted(meta.namespace, host, hostsOverlap))),
    }
  })
}

const admittedServices = new Remembered<readonly Service[]>()

function isPlaced(listener: SidecarEgress): boolean {
  return (listener.port?.number ?? 0) > 0 || (listener.bind ?? '').startsWith('unix:')
}

type Admission = (namespace: string, host: string, matches: (pattern: string, host: string) => boolean) => boolean

/** Services must lie within a pattern; a VirtualService is of interest as soon as it has a name in common with one. */
function admittedBy(hosts: readonly string[], own: string): Admission {
  const patterns = (hosts.length === 0 ? EVERYTHING : hosts).map(parseScopedHost)
  return (namespace, host, matches) => patterns.some(each => namespaceCovers(each.namespace, namespace, own) && matches(each.host, host))
}

/** What a sidecar may use that nothing limits: for each host the service of its own namespace, else as `visibleServices`. */
function ownServices(namespace: string, { registry }: Pick<MeshSnapshot, 'registry'>): readonly Service[] {
  return remembered(ownBy, registry, namespace, () => oneForEachHost(exportedServices(namespace, registry), namespace))
}

/** What a gateway may use: for each host the service of Kubernetes, else the first in the order of `exportedServices`. */
export function visibleServices(namespace: string, { registry }: Pick<MeshSnapshot, 'registry'>): readonly Service[] {
  return remembered(visibleBy, registry, namespace, () => oneForEachHost(exportedServices(namespace, registry), undefined))
}

/** Where several define one host: the preferred namespace's, else that of Kubernetes, else the first. */
function oneForEachHost(services: readonly Service[], preferred: string | undefined): readonly Service[] {
  const byHost = new Map<string, Service>()
  const rank = (service: Service): number => (service.namespace === preferred ? 2 : service.registry === 'kubernetes' ? 1 : 0)
  for (const service of services) {
    const known = byHost.get(service.hostname)
    if (known === undefined || rank(service) > rank(known)) byHost.set(service.hostname, service)
  }
  // The list itself where nothing was left out, so that namespaces which see the same share what is made of it.
  return byHost.size === services.length ? services : [...byHost.values()]
}

/** Services exported to the namespace: its own private ones, those that name it, those that everybody sees; each part oldest first. */
export function exportedServices(namespace: string, registry: ServiceRegistry): readonly Service[] {
  return remembered(exportedBy, registry, namespace, () =>
    specialFirst(registry.services, service => exportOf(service.exportTo, service.namespace, namespace)),
  )
}

/** VirtualServices for sidecars that the namespace may see, in the order of `exportedServices`. */
function visibleVirtualServices(namespace: string, snapshot: MeshSnapshot): readonly CompleteVirtualService[] {
  const { virtualServices } = snapshot
  const otherwise = snapshot.mesh.defaultVirtualServiceExportTo
  const inMesh = forSidecars.get(virtualServices, '', [], () =>
    virtualServices.filter(vs => vs.spec.gateways.some(gateway => gatewayKey(gateway, vs.meta.namespace) === MESH_GATEWAY)),
  )
  return seenVirtualServices.get(inMesh, namespace, [otherwise], () =>
    specialFirst(inMesh, ({ meta, spec }) => exportOf(spec.exportTo.length > 0 ? spec.exportTo : otherwise, meta.namespace, namespace)),
  )
}

const forSidecars = new Remembered<readonly CompleteVirtualService[]>()
const seenVirtualServices = new Remembered<readonly CompleteVirtualService[]>()

type Export = 'nobody' | 'own' | 'named' | 'everybody'

function exportOf(exportTo: readonly string[], namespace: string, viewer: string): Export {
  if (exportTo.length === 0 || exportTo.includes('*')) return 'everybody'
  if (!isExportedTo(exportTo, namespace, viewer)) return 'nobody'
  return namespace === viewer ? 'own' : 'named'
}

/** What is for everybody, as it is: see `oneForEachHost`. */
function specialFirst<T>(items: readonly T[], exported: (item: T) => Export): readonly T[] {
  const parts = Map.groupBy(items, exported)
  if (parts.get('everybody')?.length === items.length) return items
  return [...(parts.get('own') ?? []), ...(parts.get('named') ?? []), ...(parts.get('everybody') ?? [])]
}

/** Every view of a namespace asks the same of one list of services, which endpoints do not change. Forgotten with the list. */
type ByNamespace = WeakMap<readonly Service[], Map<string, readonly Service[]>>
const exportedBy: ByNamespace = new WeakMap()
const visibleBy: ByNamespace = new WeakMap()
const ownBy: ByNamespace = new WeakMap()

function remembered(
  known: ByNamespace,
  registry: ServiceRegistry,
  namespace: string,
  compute: () => readonly Service[],
): readonly Service[] {
  const byNamespace = known.get(registry.services) ?? new Map<string, readonly Service[]>()
  known.set(registry.services, byNamespace)
  const services = byNamespace.get(namespace) ?? compute()
  byNamespace.set(namespace, services)
  return services
}
