import type { ConfigObject, ObjectOf } from '../kinds/index.ts'
import { isKind, SERVICE_NAME_LABEL } from '../kinds/index.ts'

/** What the endpoints of a service are made of. Incremental callers hand in something that records what was read. */
export interface RegistryInputs {
  slicesOf(namespace: string, service: string): readonly ObjectOf<'EndpointSlice'>[]
  endpointsOf(namespace: string, service: string): ObjectOf<'Endpoints'> | undefined
  pod(namespace: string, name: string): ObjectOf<'Pod'> | undefined
  /** Pods with this address that are not on the network of their host. */
  podsAt(ip: string): readonly ObjectOf<'Pod'>[]
  podsIn(namespace: string): readonly ObjectOf<'Pod'>[]
  node(name: string): ObjectOf<'Node'> | undefined
}

/** All addresses of a pod. */
export function podAddresses({ spec: { status } }: ObjectOf<'Pod'>): readonly string[] {
  const all = status.podIP === undefined || status.podIP === '' ? status.podIPs : [status.podIP, ...status.podIPs]
  return [...new Set(all)]
}

/** Inputs over a list of objects, for callers that build the registry as a whole. */
export function inputsOf(objects: Iterable<ConfigObject>): RegistryInputs {
  const slices = new Map<string, ObjectOf<'EndpointSlice'>[]>()
  const endpoints = new Map<string, ObjectOf<'Endpoints'>>()
  const pods = new Map<string, ObjectOf<'Pod'>>()
  const podsByIp = new Map<string, ObjectOf<'Pod'>[]>()
  const podsByNamespace = new Map<string, ObjectOf<'Pod'>[]>()
  const nodes = new Map<string, ObjectOf<'Node'>>()
  for (const object of objects) {
    const { namespace, name } = object.meta
    if (isKind(object, 'EndpointSlice')) append(slices, `${namespace}/${object.meta.labels[SERVICE_NAME_LABEL] ?? ''}`, object)
    else if (isKind(object, 'Endpoints')) endpoints.set(`${namespace}/${name}`, object)
    else if (isKind(object, 'Node')) nodes.set(name, object)
    else if (isKind(object, 'Pod')) {
      pods.set(`${namespace}/${name}`, object)
      append(podsByNamespace, namespace, object)
      if (!object.spec.hostNetwork) for (const ip of podAddresses(object)) append(podsByIp, ip, object)
    }
  }
  return {
    slicesOf: (namespace, service) => slices.get(`${namespace}/${service}`) ?? [],
    endpointsOf: (namespace, service) => endpoints.get(`${namespace}/${service}`),
    pod: (namespace, name) => pods.get(`${namespace}/${name}`),
    podsAt: ip => podsByIp.get(ip) ?? [],
    podsIn: namespace => podsByNamespace.get(namespace) ?? [],
    node: name => nodes.get(name),
  }
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
