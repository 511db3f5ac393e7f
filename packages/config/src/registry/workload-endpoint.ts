import { HEALTH_CHECKED_ANNOTATION, type Labels, type ObjectOf } from '../kinds/index.ts'
import { localityOf, parseLocality } from './locality.ts'
import type { ModelPort, Service, ServiceEndpoint } from './model.ts'
import { tlsModeOf } from './pod-endpoint.ts'

type Entry = ObjectOf<'WorkloadEntry'>

/** The labels by which selectors find the entry: those of the workload, and those of the object where they do not differ. */
export function labelsOfWorkload({ meta, spec }: Entry): Labels {
  return { ...meta.labels, ...spec.labels }
}

/** The places where the entry serves the ports of `service`: by the port's name, by the name of its target, else at its target. */
export function endpointsOfWorkload(entry: Entry, service: Service): readonly ServiceEndpoint[] {
  const { address } = entry.spec
  // An entry with a network only is reached through the gateways of that network, which no kind describes yet.
  if (address === undefined || address === '') return []
  const onSocket = address.startsWith('unix:')
  return service.ports.flatMap(port => {
    const number = onSocket ? 0 : portOf(entry, port)
    return number === undefined ? [] : [{ ...factsOf(entry), ...placeOf(service, port), address, port: number }]
  })
}

function placeOf(service: Service, port: ModelPort): Pick<ServiceEndpoint, 'hostname' | 'serviceNamespace' | 'portName'> {
  return { hostname: service.hostname, serviceNamespace: service.namespace, portName: port.name }
}

function portOf({ spec: { ports } }: Entry, { name, targetPort }: ModelPort): number | undefined {
  return ports[name] ?? (typeof targetPort === 'number' ? targetPort : ports[targetPort])
}

function factsOf(entry: Entry): Omit<ServiceEndpoint, 'hostname' | 'serviceNamespace' | 'portName' | 'address' | 'port'> {
  const { meta, spec } = entry
  const labels = labelsOfWorkload(entry)
  const { locality, network = '', serviceAccount = '', weight } = spec
  return {
    labels,
    serviceAccount,
    namespace: meta.namespace,
    workload: { name: meta.name, namespace: meta.namespace },
    locality: locality === undefined ? localityOf(labels, {}) : parseLocality(locality),
    ready: isHealthy(entry),
    // A workload with an account has a proxy that holds the certificate for it.
    tlsMode: tlsModeOf(labels) ?? (serviceAccount === '' ? 'disabled' : 'istio'),
    weight: Math.max(1, weight ?? 1),
    network,
  }
}

/** Entries whose health somebody watches take traffic once it is reported good; all others at once. */
function isHealthy({ meta, spec }: Entry): boolean {
  return meta.annotations[HEALTH_CHECKED_ANNOTATION] !== 'true' || spec.healthy === true
}
