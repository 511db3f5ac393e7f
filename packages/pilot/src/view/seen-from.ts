import type { MeshConfigSpec } from '@meshwork/config/kinds'
import { type MeshNetworks, type Service, type ServiceEndpoint, serviceKey, type ServiceRegistry } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { Remembered } from '../snapshot/remembered.ts'
import { clusterLocalHosts } from './cluster-local.ts'
import { NetworkPaths } from './network-paths.ts'
import type { Viewpoint } from './viewpoint.ts'

/**
 * The mesh as proxies at a place see it: services with the addresses that they have there; endpoints on other networks replaced by
 * the gateways of those; of services that are local to their cluster only the endpoints there. The same snapshot, and the same lists
 * in it, for as long as what they are made of does not change.
 */
export function seenFrom(snapshot: MeshSnapshot, viewpoint: Viewpoint | undefined): MeshSnapshot {
  if (viewpoint === undefined) return snapshot
  const { cluster, network } = viewpoint
  const key = `${cluster} ${network}`
  return snapshots.get(snapshot, key, [], () => {
    const { networks, mesh } = snapshot
    const sight = sights.get(networks, key, [mesh], () => new Sight(viewpoint, networks, mesh))
    return withRegistry(snapshot, { services: sight.services(snapshot.registry), endpoints: sight.endpoints(snapshot.registry) })
  })
}

const snapshots = new Remembered<MeshSnapshot>()
const sights = new Remembered<Sight>()

/** As `{ ...snapshot, registry }`, which would work out what is only worked out when somebody looks. */
function withRegistry(snapshot: MeshSnapshot, registry: ServiceRegistry): MeshSnapshot {
  const parts = { ...Object.getOwnPropertyDescriptors(snapshot), registry: { value: registry, enumerable: true } }
  return Object.defineProperties<MeshSnapshot>(Object.create(null), parts)
}

class Sight {
  private readonly viewpoint: Viewpoint
  private readonly paths: NetworkPaths
  private readonly isLocal: (hostname: string) => boolean
  private readonly memory = {
    services: new WeakMap<readonly Service[], readonly Service[]>(),
    service: new WeakMap<Service, Service>(),
    tables: new WeakMap<ServiceRegistry['endpoints'], ServiceRegistry['endpoints']>(),
    endpoints: new WeakMap<readonly ServiceEndpoint[], readonly ServiceEndpoint[]>(),
  }

  constructor(viewpoint: Viewpoint, networks: MeshNetworks, mesh: MeshConfigSpec) {
    this.viewpoint = viewpoint
    this.paths = new NetworkPaths(viewpoint.network, networks)
    this.isLocal = clusterLocalHosts(mesh)
  }

  services({ services }: ServiceRegistry): readonly Service[] {
    return once(this.memory.services, services, () => {
      const here = services.filter(service => this.isHere(service))
      // Clusters give out addresses on their own: where two services have one, the cluster's own is meant, so it stands first.
      const inOrder = here.length === services.length ? services : [...here, ...services.filter(service => !this.isHere(service))]
      return inOrder.map(service => this.service(service))
    })
  }

  endpoints({ services, endpoints }: ServiceRegistry): ServiceRegistry['endpoints'] {
    return once(this.memory.tables, endpoints, () => {
      const outside = new Set(services.filter(isOutside).map(serviceKey))
      return new Map([...endpoints].map(([key, list]) => [key, this.places(list, outside.has(key))]))
    })
  }

  private isHere({ registry, onlyRemote, remoteAddresses }: Service): boolean {
    const { cluster } = this.viewpoint
    if (registry !== 'kubernetes') return true
    return cluster === '' ? onlyRemote !== true : remoteAddresses?.[cluster] !== undefined
  }

  private service(service: Service): Service {
    const addresses = service.remoteAddresses?.[this.viewpoint.cluster]
    return addresses === undefined ? service : once(this.memory.service, service, () => ({ ...service, addresses }))
  }

  private places(list: readonly ServiceEndpoint[], outside: boolean): readonly ServiceEndpoint[] {
    return once(this.memory.endpoints, list, () => {
      const { cluster } = this.viewpoint
      const isLocal = this.isLocal(list[0]?.hostname ?? '')
      const reachable = isLocal ? list.filter(endpoint => (endpoint.cluster ?? '') === cluster) : list
      const paths = this.paths.to(reachable, outside ? 'stated' : 'of-cluster')
      return paths.length === list.length && paths.every((endpoint, index) => endpoint === list[index]) ? list : paths
    })
  }
}

/** Endpoints of such a service are not in the cluster that declares it, unless pods or machines of the mesh are behind them. */
function isOutside({ registry, external }: Service): boolean {
  return external || registry === 'service-entry'
}

function once<K extends object, V>(memory: WeakMap<K, V>, key: K, make: () => V): V {
  const known = memory.get(key)
  if (known !== undefined) return known
  const value = make()
  memory.set(key, value)
  return value
}
