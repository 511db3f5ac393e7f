import type { EndpointSpec, Expectation, ProxySpec, RequestSpec, Scenario } from '@meshwork/testkit/conformance'

/** A call and what must come of it. */
export interface Call {
  readonly request: Omit<RequestSpec, 'id' | 'from'>
  readonly must: Expectation['must']
}

export interface RegistryScenario {
  readonly id: string
  readonly yaml: string
  readonly calls: readonly Call[]
  readonly meshConfig?: Readonly<Record<string, unknown>>
}

const CLIENT: ProxySpec = {
  role: 'client',
  kind: 'sidecar',
  pod: 'client',
  namespace: 'default',
  ip: '10.44.1.1',
  labels: { app: 'client' },
  serviceAccount: 'client',
}
/** A machine outside of the cluster, with a proxy. */
const MACHINE: ProxySpec = {
  role: 'server1',
  kind: 'sidecar',
  pod: 'machine-1',
  namespace: 'default',
  ip: '10.44.3.1',
  labels: { app: 'machine' },
  serviceAccount: 'machine',
}

const http = { port: 8080, proto: 'http' }
const tcp = { port: 7000, proto: 'tcp' }

const ENDPOINTS: readonly EndpointSpec[] = [
  { name: 'beside', service: null, ip: CLIENT.ip, listens: [{ port: 8090, proto: 'http' }] },
  { name: 'machine', service: null, ip: MACHINE.ip, listens: [http] },
  { name: 'one', service: null, ip: '10.44.5.1', listens: [http, tcp] },
  { name: 'two', service: null, ip: '10.44.5.2', listens: [http, tcp] },
]

/** Nothing but what the registries declare may be reached: that is what they are asked about here. */
const REGISTRY_ONLY = { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } }

/** A client with a sidecar, a machine with one, and two servers without. */
export function registryScenario({ id, yaml, calls, meshConfig = REGISTRY_ONLY }: RegistryScenario): Scenario {
  return {
    id,
    config: `${id}.yaml`,
    meshConfig,
    proxies: [CLIENT, MACHINE],
    endpoints: ENDPOINTS,
    requests: calls.map(({ request }, i) => ({ id: `r${i + 1}`, from: 'client', ...request })),
    expect: calls.map(({ must }, i) => ({ request: `r${i + 1}`, must })),
    yaml,
  }
}

export function get(dial: string, host: string, must: Call['must']): Call {
  return { request: { dial, proto: 'http', method: 'GET', host, path: '/' }, must }
}

export function connect(dial: string, must: Call['must']): Call {
  return { request: { dial, proto: 'tcp', body: 'hello' }, must }
}

export const CLOSED: Call['must'] = { outcome: 'error:closed', endpoint: null }

export function answeredBy(endpoint: string): Call['must'] {
  return { status: 200, endpoint }
}

export function takenBy(endpoint: string): Call['must'] {
  return { outcome: 'ok', endpoint }
}

/** A ServiceEntry named after its first host. */
export function entry(host: string, spec: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${host.replaceAll(/[^a-z0-9]/g, '')}, namespace: default}
spec: {hosts: ["${host}"], ${spec}}
`
}
