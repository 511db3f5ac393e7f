import type { EndpointPort, ObjectOf, TargetRef } from '../kinds/index.ts'
import type { RegistryInputs } from './registry-inputs.ts'
import type { Service, ServiceEndpoint } from './model.ts'
import { factsOfPod, factsOfStranger, type PodFacts } from './pod-endpoint.ts'
import { endpointsOfWorkload } from './workload-endpoint.ts'

/** An address of Endpoints or of a slice, with the ports it serves. */
interface Backend {
  readonly address: string
  readonly ready: boolean
  readonly nodeName: string | undefined
  readonly targetRef: TargetRef | undefined
  readonly hostname: string | undefined
  readonly ports: readonly EndpointPort[]
}

/**
 * The endpoints of a Kubernetes service, in the order of its documents. Slices win over an Endpoints object of the same name, which
 * the control plane of Kubernetes keeps as a copy. WorkloadEntries with the labels of its selector come after them. ExternalName services have their target as only endpoint.
 */
export function endpointsOfKubernetes(service: Service, publishNotReady: boolean, inputs: RegistryInputs): readonly ServiceEndpoint[] {
  if (service.externalName !== undefined) return externalEndpoints(service, service.externalName)
  const backends = backendsOf(service, inputs).flatMap(backend => endpointsOfBackend(service, backend, publishNotReady, inputs))
  const workloads = inputs.workloadsSelected(service.namespace, service.selector).flatMap(entry => endpointsOfWorkload(entry, service))
  const seen = new Set<string>()
  return [...backends, ...workloads].filter(({ portName, address, port }) => {
    const identity = `${portName} ${address} ${port}`
    return !seen.has(identity) && seen.add(identity)
  })
}

function backendsOf({ namespace, name }: Service, inputs: RegistryInputs): readonly Backend[] {
  const slices = inputs.slicesOf(namespace, name)
  if (slices.length > 0) return slices.flatMap(backendsOfSlice)
  const endpoints = inputs.endpointsOf(namespace, name)
  return endpoints === undefined ? [] : backendsOfEndpoints(endpoints)
}

function backendsOfSlice({ spec }: ObjectOf<'EndpointSlice'>): readonly Backend[] {
  return spec.endpoints.flatMap(({ addresses, ready, nodeName, targetRef, hostname }) =>
    addresses.map(address => ({ address, ready, nodeName, targetRef, hostname, ports: spec.ports })),
  )
}

function backendsOfEndpoints({ spec }: ObjectOf<'Endpoints'>): readonly Backend[] {
  return spec.subsets.flatMap(({ addresses, notReadyAddresses, ports }) => [
    ...addresses.map(({ ip, nodeName, targetRef, hostname }) => ({ address: ip, ready: true, nodeName, targetRef, hostname, ports })),
    ...notReadyAddresses.map(({ ip, nodeName, targetRef, hostname }) => ({
      address: ip,
      ready: false,
      nodeName,
      targetRef,
      hostname,
      ports,
    })),
  ])
}

function endpointsOfBackend(
  service: Service,
  backend: Backend,
  publishNotReady: boolean,
  inputs: RegistryInputs,
): readonly ServiceEndpoint[] {
  const facts = factsOf(service, backend, inputs)
  return backend.ports
    .filter(port => port.protocol === 'TCP' && service.ports.some(({ name }) => name === port.name))
    .map(port => ({
      ...facts,
      hostname: service.hostname,
      serviceNamespace: service.namespace,
      portName: port.name,
      address: backend.address,
      port: port.port,
      ready: backend.ready || publishNotReady,
      ...(backend.hostname !== undefined && { podHostname: backend.hostname }),
    }))
}

function factsOf(service: Service, backend: Backend, inputs: RegistryInputs): PodFacts {
  const pod = podOf(service, backend, inputs)
  if (pod !== undefined) return factsOfPod(pod, inputs)
  const node = backend.nodeName === undefined ? undefined : inputs.node(backend.nodeName)
  return factsOfStranger(service.namespace, node?.meta.labels ?? {})
}

/** By reference, else by address if exactly one pod has it: on one machine many pods share an address. */
function podOf(service: Service, { address, targetRef }: Backend, inputs: RegistryInputs): ObjectOf<'Pod'> | undefined {
  if (targetRef !== undefined)
    return targetRef.kind === 'Pod' ? inputs.pod(targetRef.namespace ?? service.namespace, targetRef.name) : undefined
  const [pod, ...more] = inputs.podsAt(address)
  return more.length === 0 ? pod : undefined
}

function externalEndpoints(service: Service, target: string): readonly ServiceEndpoint[] {
  return service.ports.map(port => ({
    ...factsOfStranger(service.namespace, {}),
    hostname: service.hostname,
    serviceNamespace: service.namespace,
    portName: port.name,
    address: target,
    port: port.number,
    ready: true,
  }))
}
