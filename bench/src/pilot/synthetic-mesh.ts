/** A mesh of made-up services, as Kubernetes would describe it, for benches of the control plane. */
export interface MeshSize {
  /** Services, each with a workload that a simulated proxy stands for. */
  readonly services: number
  readonly namespaces: number
  readonly virtualServices: number
  readonly destinationRules: number
}

export const FULL_MESH: MeshSize = { services: 1_000, namespaces: 50, virtualServices: 100, destinationRules: 100 }
export const SMALL_MESH: MeshSize = { services: 100, namespaces: 5, virtualServices: 10, destinationRules: 10 }

/** Services differ in their port so that tables of routes have the sizes of real meshes. */
const HTTP_PORTS = 10
const FIRST_PORT = 8_000
const FEWEST_ENDPOINTS = 2
const SPREAD = 9

export function namespaceOf(size: MeshSize, service: number): string {
  return `team-${service % size.namespaces}`
}

function portOf(service: number): number {
  return FIRST_PORT + (service % HTTP_PORTS)
}

/** 2 to 10. */
function replicasOf(service: number): number {
  return FEWEST_ENDPOINTS + ((service * 7) % SPREAD)
}

export function addressOf(service: number, replica: number): string {
  return `10.${(service >> 8) & 255}.${service & 255}.${replica + 1}`
}

export function podName(service: number, replica: number): string {
  return `app-${service}-${replica}`
}

/** All documents of the mesh. */
export function meshDocuments(size: MeshSize): readonly object[] {
  const documents: object[] = []
  for (let service = 0; service < size.services; service++) {
    documents.push(serviceDocument(size, service), endpointsDocument(size, service, 0), ...podDocuments(size, service))
  }
  for (let i = 0; i < size.virtualServices; i++) documents.push(virtualServiceDocument(size, i, 0))
  for (let i = 0; i < size.destinationRules; i++) documents.push(destinationRuleDocument(size, i))
  return documents
}

function serviceDocument(size: MeshSize, service: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `app-${service}`, namespace: namespaceOf(size, service) },
    spec: {
      clusterIP: `10.${100 + (service >> 8)}.${service & 255}.1`,
      selector: { app: `app-${service}` },
      ports: [{ name: 'http', port: portOf(service), targetPort: 8080 }],
    },
  }
}

/** `round` changes the last address, as a restarted pod does. */
export function endpointsDocument(size: MeshSize, service: number, round: number): object {
  const namespace = namespaceOf(size, service)
  const replicas = replicasOf(service)
  const addresses = Array.from({ length: replicas }, (_, replica) => ({
    ip: replica === replicas - 1 && round > 0 ? addressOf(service, 100 + (round % 100)) : addressOf(service, replica),
    targetRef: { kind: 'Pod', name: podName(service, replica), namespace },
  }))
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: `app-${service}`, namespace },
    subsets: [{ addresses, ports: [{ name: 'http', port: 8080 }] }],
  }
}

function podDocuments(size: MeshSize, service: number): readonly object[] {
  return Array.from({ length: replicasOf(service) }, (_, replica) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName(service, replica), namespace: namespaceOf(size, service), labels: labelsOf(service, replica) },
    spec: { serviceAccountName: 'default' },
    status: { podIP: addressOf(service, replica) },
  }))
}

export function labelsOf(service: number, replica: number): Readonly<Record<string, string>> {
  return { app: `app-${service}`, version: replica % 2 === 0 ? 'v1' : 'v2', 'security.istio.io/tlsMode': 'istio' }
}

/** `round` moves the weights. */
export function virtualServiceDocument(size: MeshSize, index: number, round: number): object {
  const service = serviceOfRule(size, index, size.virtualServices)
  const host = `app-${service}`
  const moved = round % 100
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: host, namespace: namespaceOf(size, service) },
    spec: {
      hosts: [host],
      http: [
        { match: [{ headers: { 'x-canary': { exact: 'yes' } } }], route: [{ destination: { host, subset: 'v2' } }] },
        {
          timeout: '5s',
          retries: { attempts: 2, perTryTimeout: '2s', retryOn: '5xx' },
          route: [
            { destination: { host, subset: 'v1' }, weight: 100 - moved },
            { destination: { host, subset: 'v2' }, weight: moved },
          ],
        },
      ],
    },
  }
}

function destinationRuleDocument(size: MeshSize, index: number): object {
  const service = serviceOfRule(size, index, size.destinationRules)
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: `app-${service}`, namespace: namespaceOf(size, service) },
    spec: {
      host: `app-${service}`,
      trafficPolicy: { connectionPool: { http: { http2MaxRequests: 1000 } }, outlierDetection: { consecutive5xxErrors: 5 } },
      subsets: [
        { name: 'v1', labels: { version: 'v1' } },
        { name: 'v2', labels: { version: 'v2' } },
      ],
    },
  }
}

function serviceOfRule(size: MeshSize, index: number, rules: number): number {
  return index * Math.floor(size.services / rules)
}

/** Every cluster of every proxy has this timeout in it: a change that concerns the whole mesh. */
export function meshConfigDocument(round: number): object {
  return {
    apiVersion: 'meshwork.dev/v1',
    kind: 'MeshConfig',
    metadata: { name: 'default', namespace: 'istio-system' },
    spec: { connectTimeout: `${10_000 + round}ms` },
  }
}
