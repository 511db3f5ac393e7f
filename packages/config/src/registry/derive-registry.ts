import type { Derived, Graph, Table } from '../derive/index.ts'
import { withAutoAddresses } from './auto-address.ts'
import { Declarations } from './declarations.ts'
import type { KubernetesNames } from './kubernetes-service.ts'
import { endpointsOf, withExternalNames } from './external-names.ts'
import { compareServices, joinedEndpoints, mergeServices } from './merge-services.ts'
import { serviceKey, type Service, type ServiceEndpoint, type ServiceRegistry } from './model.ts'
import { ONLY } from './only.ts'
import { RegistryObjects } from './registry-inputs.ts'
import { RemoteInputs } from './remote-inputs.ts'

/** The registry as collections of a graph: `objects` are its inputs, and after a commit the rest follows from them. */
export interface DerivedRegistry {
  readonly objects: RegistryObjects
  /** What other clusters have. */
  readonly remote: RemoteInputs
  /** By `serviceKey`, whichever objects declare them. */
  readonly services: Derived<Service>
  /** By `serviceKey`. Endpoints that are as before stay the same list. */
  readonly endpoints: Derived<readonly ServiceEndpoint[]>
  /** By `ONLY`: both of them as others read them. Unchanged parts are shared with the registry before. */
  readonly registry: Derived<ServiceRegistry>
}

/** Adds the registry to `graph`. `names` holds its value under `ONLY`. */
export function deriveRegistry(graph: Graph, names: Table<KubernetesNames>): DerivedRegistry {
  const objects = new RegistryObjects(graph)
  const remote = new RemoteInputs(graph)
  const declarations = new Declarations(graph, objects, names, remote)
  const services = graph.derive<Service>({
    name: 'services',
    inputs: declarations.tables,
    keys: read => declarations.keys(read),
    compute: (key, read) => mergeServices(declarations.of(key, read).map(({ service }) => service)),
  })
  const endpoints = graph.derive<readonly ServiceEndpoint[]>({
    name: 'endpoints of services',
    inputs: [...declarations.tables, ...objects.placeTables],
    keys: read => declarations.keys(read),
    compute: (key, read) => {
      const places = objects.readBy(read)
      const declared = declarations.of(key, read)
      const whole = mergeServices(declared.map(({ service }) => service))
      return declared.flatMap(declaration => joinedEndpoints(declaration.service, declaration.endpoints(places), whole))
    },
  })
  return { objects, remote, services, endpoints, registry: deriveWhole(graph, services.table, endpoints.table) }
}

function deriveWhole(graph: Graph, services: Table<Service>, endpoints: Table<readonly ServiceEndpoint[]>): Derived<ServiceRegistry> {
  const sorted = graph.derive<readonly Service[]>({
    name: 'services in order',
    inputs: [services],
    keys: () => [ONLY],
    compute: (_, read) =>
      withExternalNames(
        withAutoAddresses(
          read
            .list(services)
            .map(([, service]) => service)
            .toSorted(compareServices),
        ),
      ),
    equal: Object.is,
  })
  return graph.derive<ServiceRegistry>({
    name: 'registry',
    inputs: [sorted.table, endpoints],
    keys: () => [ONLY],
    compute: (_, read) => {
      const inOrder = read.get(sorted.table, ONLY) ?? []
      const byKey = new Map(read.list(endpoints))
      return { services: inOrder, endpoints: new Map(inOrder.map(service => [serviceKey(service), endpointsOf(service, byKey)])) }
    },
    equal: Object.is,
  })
}
