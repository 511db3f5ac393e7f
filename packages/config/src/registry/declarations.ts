import type { AnyTable, Derived, Graph, Index, Read, Table } from '../derive/index.ts'
import { endpointsOfKubernetes } from './kubernetes-endpoints.ts'
import { serviceOfKubernetes, type KubernetesNames } from './kubernetes-service.ts'
import { compareDeclarations } from './merge-services.ts'
import { serviceKey, type Service, type ServiceEndpoint } from './model.ts'
import { ONLY } from './only.ts'
import type { RegistryInputs, RegistryObjects } from './registry-inputs.ts'
import type { RemoteInputs } from './remote-inputs.ts'
import { endpointsOfEntry, servicesOfEntry } from './service-entry.ts'

/** What one object says about a service. */
export interface Declaration {
  readonly service: Service
  /** Id of the other cluster that declares it; '' for the own one. */
  readonly cluster: string
  readonly endpoints: (inputs: RegistryInputs) => readonly ServiceEndpoint[]
}

/** The services that each Service and each ServiceEntry stand for, found by `serviceKey`. */
export class Declarations {
  /** What `keys` and `of` read. */
  readonly tables: readonly AnyTable[]
  readonly ofServices: Derived<Service>
  readonly ofEntries: Derived<readonly Service[]>
  private readonly objects: RegistryObjects
  private readonly remote: RemoteInputs
  private readonly servicesByKey: Index<Service>
  private readonly entriesByKey: Index<readonly Service[]>

  constructor(graph: Graph, objects: RegistryObjects, names: Table<KubernetesNames>, remote: RemoteInputs) {
    this.objects = objects
    this.remote = remote
    this.ofServices = deriveServices(graph, objects, names)
    this.ofEntries = deriveEntries(graph, objects, names)
    this.servicesByKey = this.ofServices.table.indexBy(service => [serviceKey(service)])
    this.entriesByKey = this.ofEntries.table.indexBy(services => services.map(serviceKey))
    this.tables = [this.ofServices.table, this.ofEntries.table, objects.services.table, objects.entries.table, remote.services.table]
  }

  /** The keys of all services. */
  keys(read: Read): Iterable<string> {
    return new Set([this.servicesByKey, this.entriesByKey, this.remote.byService].flatMap(index => read.buckets(index)))
  }

  /** The declarations of one service: those of Kubernetes first, of them the own cluster's; then the oldest, then by name. */
  of(key: string, read: Read): readonly Declaration[] {
    return [...this.byServices(key, read), ...this.byRemotes(key, read), ...this.byEntries(key, read)].toSorted(compareDeclared)
  }

  private byServices(key: string, read: Read): readonly Declaration[] {
    return read.lookup(this.servicesByKey, key).map(([name, service]) => {
      const publishNotReady = read.get(this.objects.services.table, name)?.spec.publishNotReadyAddresses ?? false
      return { service, cluster: '', endpoints: inputs => endpointsOfKubernetes(service, publishNotReady, inputs) }
    })
  }

  private byRemotes(key: string, read: Read): readonly Declaration[] {
    const found = read.lookup(this.remote.byService, key).map(([, value]) => value)
    return found.map(({ cluster, service, endpoints }) => ({ service, cluster, endpoints: () => endpoints }))
  }

  private byEntries(key: string, read: Read): readonly Declaration[] {
    return read.lookup(this.entriesByKey, key).flatMap(([name, services]) => {
      const object = read.get(this.objects.entries.table, name)
      const service = services.find(each => serviceKey(each) === key)
      if (object === undefined || service === undefined) return []
      return [{ service, cluster: '', endpoints: (inputs: RegistryInputs) => endpointsOfEntry(object, service, inputs) }]
    })
  }
}

function compareDeclared(a: Declaration, b: Declaration): number {
  const isPair = a.service.registry === 'kubernetes' && b.service.registry === 'kubernetes'
  if (isPair && a.cluster !== b.cluster) return a.cluster < b.cluster ? -1 : 1
  return compareDeclarations(a.service, b.service)
}

function deriveServices(graph: Graph, objects: RegistryObjects, names: Table<KubernetesNames>): Derived<Service> {
  return graph.derive<Service>({
    name: 'services of Service',
    inputs: [objects.services.table, names],
    keys: read => read.keys(objects.services.table),
    compute: (key, read) => {
      const [object, inForce] = [read.get(objects.services.table, key), read.get(names, ONLY)]
      return object === undefined || inForce === undefined ? undefined : serviceOfKubernetes(object, inForce)
    },
  })
}

function deriveEntries(graph: Graph, objects: RegistryObjects, names: Table<KubernetesNames>): Derived<readonly Service[]> {
  return graph.derive<readonly Service[]>({
    name: 'services of ServiceEntry',
    inputs: [objects.entries.table, names],
    keys: read => read.keys(objects.entries.table),
    compute: (key, read) => {
      const [object, inForce] = [read.get(objects.entries.table, key), read.get(names, ONLY)]
      return object === undefined || inForce === undefined ? undefined : servicesOfEntry(object, inForce)
    },
  })
}
