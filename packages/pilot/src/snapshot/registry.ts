import type { ConfigObject } from '@meshwork/config/kinds'
import {
  buildRegistry,
  type KubernetesNames,
  type Service,
  type ServiceEndpoint,
  serviceKey,
  type ServiceRegistry,
} from '@meshwork/config/registry'
import { sameInputs } from './same-inputs.ts'

/** Kinds that the registry is made from. */
export const REGISTRY_KINDS: ReadonlySet<string> = new Set([
  'Service',
  'ServiceEntry',
  'Endpoints',
  'EndpointSlice',
  'Pod',
  'Node',
  'Namespace',
  'ServiceAccount',
])

export const EMPTY_REGISTRY: ServiceRegistry = { services: [], endpoints: new Map() }

/** The registry of `objects`. Services and endpoints that are as in `before` keep their identity, so that nothing derived from them is made anew. */
export function nextRegistry(before: ServiceRegistry, objects: Iterable<ConfigObject>, names: KubernetesNames): ServiceRegistry {
  const relevant = [...objects].filter(object => REGISTRY_KINDS.has(object.kind))
  const after = buildRegistry(relevant, names)
  const known = new Map(before.services.map(service => [serviceKey(service), service]))
  return {
    services: after.services.map(service => keepService(known.get(serviceKey(service)), service)),
    endpoints: new Map([...after.endpoints].map(([key, endpoints]) => [key, keepEndpoints(before.endpoints.get(key), endpoints)])),
  }
}

function keepService(before: Service | undefined, after: Service): Service {
  return before !== undefined && sameInputs(before, after) ? before : after
}

function keepEndpoints(before: readonly ServiceEndpoint[] | undefined, after: readonly ServiceEndpoint[]): readonly ServiceEndpoint[] {
  if (before === undefined) return after
  if (sameInputs(before, after)) return before
  const known = new Map(before.map(endpoint => [placeOf(endpoint), endpoint]))
  return after.map(endpoint => {
    const same = known.get(placeOf(endpoint))
    return same !== undefined && sameInputs(same, endpoint) ? same : endpoint
  })
}

function placeOf(endpoint: ServiceEndpoint): string {
  return `${endpoint.portName} ${endpoint.address} ${endpoint.port}`
}
