import { isKind, type ConfigObject } from '../kinds/index.ts'
import { inputsOf, type RegistryInputs } from './inputs.ts'
import { endpointsOfKubernetes } from './kubernetes-endpoints.ts'
import { serviceOfKubernetes, type KubernetesNames } from './kubernetes-service.ts'
import { serviceKey, type Service, type ServiceEndpoint, type ServiceRegistry } from './model.ts'
import { endpointsOfEntry, servicesOfEntry } from './service-entry.ts'

/** A service and what serves it. */
export interface ServiceWithEndpoints {
  readonly service: Service
  readonly endpoints: readonly ServiceEndpoint[]
}

/** The services that one object stands for: none for other kinds than Service and ServiceEntry. */
export function servicesOfObject(object: ConfigObject, names: KubernetesNames, inputs: RegistryInputs): readonly ServiceWithEndpoints[] {
  if (isKind(object, 'Service')) {
    const service = serviceOfKubernetes(object, names)
    return [{ service, endpoints: endpointsOfKubernetes(service, object.spec.publishNotReadyAddresses, inputs) }]
  }
  if (!isKind(object, 'ServiceEntry')) return []
  return servicesOfEntry(object).map(service => ({ service, endpoints: endpointsOfEntry(object, service, inputs) }))
}

/** The registry as a whole, from all objects. Pilot derives it service by service instead. */
export function buildRegistry(objects: readonly ConfigObject[], names: KubernetesNames): ServiceRegistry {
  const inputs = inputsOf(objects)
  return mergeServices(objects.flatMap(object => servicesOfObject(object, names, inputs)))
}

/** Puts services in order. Several entries for one host of one namespace make one service, with the endpoints and ports of all. */
export function mergeServices(parts: readonly ServiceWithEndpoints[]): ServiceRegistry {
  const services = new Map<string, Service>()
  const endpoints = new Map<string, readonly ServiceEndpoint[]>()
  for (const part of parts.toSorted((a, b) => compareServices(a.service, b.service))) {
    const key = serviceKey(part.service)
    const earlier = services.get(key)
    services.set(key, earlier === undefined ? part.service : joined(earlier, part.service))
    endpoints.set(key, [...(endpoints.get(key) ?? []), ...part.endpoints])
  }
  return { services: [...services.values()], endpoints }
}

/** The older one decides; the younger adds the ports and addresses that are new. */
function joined(older: Service, younger: Service): Service {
  const ports = younger.ports.filter(port => !older.ports.some(({ number }) => number === port.number))
  return { ...older, ports: [...older.ports, ...ports], addresses: [...new Set([...older.addresses, ...younger.addresses])] }
}

function compareServices(a: Service, b: Service): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt
  if (a.hostname !== b.hostname) return a.hostname < b.hostname ? -1 : 1
  return a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : 0
}
