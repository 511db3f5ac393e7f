import type { ConfigPort, ObjectOf, ServiceEntryResolution, WorkloadEndpoint } from '../kinds/index.ts'
import { isIP } from 'node:net'
import { podAddresses, type RegistryInputs } from './registry-inputs.ts'
import { NOWHERE, parseLocality } from './locality.ts'
import { exportOrDefault, type KubernetesNames } from './kubernetes-service.ts'
import type { ModelPort, Resolution, Service, ServiceEndpoint } from './model.ts'
import { factsOfPod, tlsModeOf } from './pod-endpoint.ts'
import { parseProtocol } from './protocol.ts'
import { endpointsOfWorkload } from './workload-endpoint.ts'

const RESOLUTIONS: Readonly<Record<ServiceEntryResolution, Resolution>> = {
  NONE: 'none',
  STATIC: 'static',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
  DYNAMIC_DNS: 'none',
}

/** A service for each host of the entry. */
export function servicesOfEntry(object: ObjectOf<'ServiceEntry'>, names: KubernetesNames): readonly Service[] {
  const { meta, spec, origin } = object
  return [...new Set(spec.hosts)].map(hostname => ({
    hostname,
    name: hostname,
    namespace: meta.namespace,
    ports: spec.ports.map(portOf),
    addresses: spec.addresses.map(withoutFullMask),
    resolution: RESOLUTIONS[spec.resolution],
    headless: false,
    external: spec.location === 'MESH_EXTERNAL',
    labels: meta.labels,
    annotations: meta.annotations,
    selector: spec.workloadSelector?.labels ?? {},
    exportTo: exportOrDefault(spec.exportTo, names),
    serviceAccounts: spec.subjectAltNames,
    createdAt: meta.createdAt,
    registry: 'service-entry' as const,
    origin,
  }))
}

function portOf({ name, number, targetPort, protocol }: ConfigPort): ModelPort {
  return { name, number, targetPort: targetPort ?? number, protocol: parseProtocol(protocol) }
}

/** A block of one address is that address. */
function withoutFullMask(address: string): string {
  return address.includes(':') ? address.replace(/\/128$/, '') : address.replace(/\/32$/, '')
}

/** The endpoints of one host of the entry. */
export function endpointsOfEntry(object: ObjectOf<'ServiceEntry'>, service: Service, inputs: RegistryInputs): readonly ServiceEndpoint[] {
  const { spec } = object
  if (service.resolution === 'none') return []
  if (spec.workloadSelector !== undefined) return selectedEndpoints(object, service, inputs)
  const endpoints = spec.endpoints.length === 0 && service.resolution !== 'static' ? [hostItself(service.hostname)] : spec.endpoints
  return endpoints.flatMap(endpoint => (endpoint.address === undefined ? [] : statedEndpoints(object, service, endpoint, endpoint.address)))
}

/** With DNS and without endpoints the host is its own endpoint. */
function hostItself(hostname: string): WorkloadEndpoint {
  return { address: hostname, ports: {}, labels: {} }
}

function statedEndpoints(
  object: ObjectOf<'ServiceEntry'>,
  service: Service,
  endpoint: WorkloadEndpoint,
  address: string,
): readonly ServiceEndpoint[] {
  const { labels, locality, network = '', serviceAccount = '', weight } = endpoint
  return object.spec.ports.map(port => ({
    hostname: service.hostname,
    serviceNamespace: service.namespace,
    portName: port.name,
    address,
    port: address.startsWith('unix:') ? 0 : (endpoint.ports[port.name] ?? port.targetPort ?? port.number),
    labels,
    serviceAccount,
    namespace: service.namespace,
    workload: undefined,
    locality: locality === undefined ? NOWHERE : parseLocality(locality),
    ready: true,
    // An endpoint with an account has a proxy that holds the certificate for it.
    tlsMode: tlsModeOf(labels) ?? (serviceAccount === '' ? 'disabled' : 'istio'),
    weight: Math.max(1, weight ?? 1),
    network,
  }))
}

function selectedEndpoints(object: ObjectOf<'ServiceEntry'>, service: Service, inputs: RegistryInputs): readonly ServiceEndpoint[] {
  const workloads = inputs.workloadsSelected(service.namespace, service.selector).flatMap(entry => endpointsOfWorkload(entry, service))
  return [...selectedPods(object, service, inputs), ...workloads.filter(({ address }) => isReachable(service, address))]
}

/** Only proxies that resolve names themselves can use one; to all others a name is no address. */
function isReachable(service: Service, address: string): boolean {
  return service.resolution !== 'static' || isIP(address) !== 0 || address.startsWith('unix:')
}

function selectedPods(object: ObjectOf<'ServiceEntry'>, service: Service, inputs: RegistryInputs): readonly ServiceEndpoint[] {
  return inputs.podsSelected(service.namespace, service.selector).flatMap(pod => {
    if (hasEnded(pod)) return []
    const [address] = podAddresses(pod)
    if (address === undefined) return []
    return object.spec.ports.map(port => ({
      ...factsOfPod(pod, inputs),
      hostname: service.hostname,
      serviceNamespace: service.namespace,
      portName: port.name,
      address,
      port: port.targetPort ?? port.number,
      ready: pod.spec.status.ready ?? true,
    }))
  })
}

/** Pods of jobs that are done keep their object, and for a while their address. */
function hasEnded({ spec: { status } }: ObjectOf<'Pod'>): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed'
}
