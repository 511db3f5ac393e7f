/** `metadata` of a generated object. */
export function metadata(name: string, namespace: string, labels?: Readonly<Record<string, string>>): object {
  return { name, namespace, ...(labels === undefined ? {} : { labels }) }
}

/** One address of an Endpoints object, on loopback, with the pod behind it. */
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

/** A Service with its Endpoints: all on 127.0.0.1, so each instance is a subset with a port of its own. */
export function serviceWithEndpoints(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  ports: readonly LocalServicePort[],
): readonly object[] {
  const endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: metadata(name, namespace, labels),
    subsets: ports.flatMap(each => each.endpoints.map(endpoint => subset(each.name, namespace, endpoint))),
  }
  return [serviceObject(name, namespace, labels, ports), endpoints]
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

function subset(portName: string, namespace: string, { port, pod }: LocalEndpoint): object {
  const targetRef = pod === undefined ? {} : { targetRef: { kind: 'Pod', name: pod, namespace } }
  return { addresses: [{ ip: '127.0.0.1', ...targetRef }], ports: [{ name: portName, port, protocol: 'TCP' }] }
}
