/** `metadata` of a generated object. */
export function metadata(name: string, namespace: string, labels?: Readonly<Record<string, string>>): object {
  return { name, namespace, ...(labels === undefined ? {} : { labels }) }
}

/** One instance of a service, on loopback, with the pod behind it. */
export interface LocalEndpoint {
  readonly port: number
  /** Unset: nothing of the mesh stands there, so it is called in plain text. */
  readonly pod?: string
}

/** A port of a Service, with where its instances really listen. */
export interface LocalServicePort {
  readonly name: string
  readonly port: number
  readonly endpoints: readonly LocalEndpoint[]
}

/**
 * A Service with an EndpointSlice for each instance: all on 127.0.0.1, so each has a port of its own. Slices, not one Endpoints
 * object, because programs that join later bring slices too, and a service has either the one or the other.
 */
export function serviceWithEndpoints(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  ports: readonly LocalServicePort[],
): readonly object[] {
  const slices = ports.flatMap(each =>
    each.endpoints.map((endpoint, index) =>
      endpointSlice({ name: `${name}-${each.name}-${index + 1}`, namespace, service: name }, each.name, endpoint),
    ),
  )
  return [serviceObject(name, namespace, labels, ports), ...slices]
}

export function serviceObject(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  ports: readonly LocalServicePort[],
): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, namespace, labels),
    spec: {
      selector: labels,
      ports: ports.map(each => ({ name: each.name, port: each.port, targetPort: targetPort(each), protocol: 'TCP' })),
    },
  }
}

/** A number where all instances agree; else the port's name, as with named container ports. */
function targetPort({ name, endpoints }: LocalServicePort): number | string {
  const [first] = endpoints
  return first !== undefined && endpoints.every(each => each.port === first.port) ? first.port : name
}

interface SliceIdentity {
  readonly name: string
  readonly namespace: string
  readonly service: string
}

const SERVICE_LABEL = 'kubernetes.io/service-name'

function endpointSlice({ name, namespace, service }: SliceIdentity, portName: string, { port, pod }: LocalEndpoint): object {
  const targetRef = pod === undefined ? {} : { targetRef: { kind: 'Pod', name: pod, namespace } }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(name, namespace, { [SERVICE_LABEL]: service }),
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true }, ...targetRef }],
    ports: [{ name: portName, port, protocol: 'TCP' }],
  }
}
