import { parseAllDocuments, stringify } from 'yaml'

interface SampleObject {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec: SampleSpec
}

interface SampleSpec {
  readonly selector?: Readonly<Record<string, string>>
  readonly ports?: readonly SamplePort[]
  readonly template?: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } }
}

interface SamplePort {
  readonly name: string
  readonly port: number
  readonly targetPort?: number
}

interface SamplePod {
  readonly name: string
  readonly namespace: string
  readonly ip: string
  readonly labels: Readonly<Record<string, string>>
}

/** A server of a told scenario. */
interface Endpoint {
  readonly name: string
  readonly service: string
  readonly ip: string
  readonly listens: readonly { readonly port: number; readonly proto: string }[]
}

/** What a cluster makes of a sample. */
export interface SampleCluster {
  readonly objects: string
  readonly endpoints: readonly Endpoint[]
  /** Address of each Service, by name. */
  readonly addresses: ReadonlyMap<string, string>
}

/**
 * Does what Kubernetes does when a sample is applied: Services get addresses, each Deployment one pod, and Services slices of the pods
 * that they select. `unnamed` are ports of bytes that every pod serves though no Service says so.
 */
export function sampleCluster(yaml: string, unnamed: readonly number[] = []): SampleCluster {
  const objects = parseAllDocuments(yaml).flatMap((document): SampleObject[] => {
    const value: SampleObject | null = document.toJS()
    return value === null ? [] : [value]
  })
  const services = objects.filter(({ kind }) => kind === 'Service')
  const pods = objects.filter(({ kind }) => kind === 'Deployment').map(podOf)
  const addresses = new Map(services.map(({ metadata }, i) => [metadata.name, `10.96.7.${i + 1}`]))
  const completed = objects.map(object =>
    object.kind === 'Service' ? { ...object, spec: { ...object.spec, clusterIP: addresses.get(object.metadata.name) } } : object,
  )
  const slices = services.map(service => sliceOf(service, selectedBy(service, pods)))
  return {
    objects: [...completed, ...pods.map(podObject), ...slices].map(object => `${stringify(object)}---\n`).join(''),
    endpoints: pods.map(pod => endpointOf(pod, services, unnamed)),
    addresses,
  }
}

function podOf({ metadata, spec }: SampleObject, index: number): SamplePod {
  const labels = spec.template?.metadata.labels ?? {}
  return { name: metadata.name, namespace: metadata.namespace ?? 'default', ip: `10.44.4.${index + 1}`, labels }
}

function selectedBy({ metadata, spec }: SampleObject, pods: readonly SamplePod[]): readonly SamplePod[] {
  const wanted = Object.entries(spec.selector ?? {})
  return pods.filter(
    ({ labels, namespace }) => namespace === (metadata.namespace ?? 'default') && wanted.every(([name, value]) => labels[name] === value),
  )
}

function podObject({ name, namespace, ip, labels }: SamplePod): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { containers: [{ name: 'app', image: 'app' }] },
    status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function sliceOf({ metadata, spec }: SampleObject, pods: readonly SamplePod[]): object {
  const namespace = metadata.namespace ?? 'default'
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { name: `${metadata.name}-1`, namespace, labels: { 'kubernetes.io/service-name': metadata.name } },
    ports: (spec.ports ?? []).map(({ name, port, targetPort = port }) => ({ name, port: targetPort })),
    endpoints: pods.map(pod => ({
      addresses: [pod.ip],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name: pod.name, namespace },
    })),
  }
}

function endpointOf(pod: SamplePod, services: readonly SampleObject[], unnamed: readonly number[]): Endpoint {
  const own = services.filter(service => selectedBy(service, [pod]).length > 0).flatMap(({ spec }) => spec.ports ?? [])
  const named = own.map(({ name, port, targetPort = port }) => ({ port: targetPort, proto: name.startsWith('tcp') ? 'tcp' : 'http' }))
  return {
    name: pod.name,
    service: `any.${pod.namespace}`,
    ip: pod.ip,
    listens: [...named, ...unnamed.map(port => ({ port, proto: 'tcp' }))],
  }
}
