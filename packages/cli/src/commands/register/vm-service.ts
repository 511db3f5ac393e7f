import { isIP, isIPv4 } from 'node:net'
import { usage } from '../../command/values.ts'

/** Who a machine outside of the cluster is, as `register` is told. */
export interface VmService {
  readonly name: string
  readonly namespace: string
  readonly address: string
  readonly ports: readonly NamedPort[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly serviceAccount: string
}

export interface NamedPort {
  readonly name: string
  readonly port: number
}

const ACCOUNTS = 'alpha.istio.io/kubernetes-serviceaccounts'
/** Whose endpoints these are: the controllers of Kubernetes leave them alone. */
const MANAGER = 'meshctl'
const WELL_KNOWN: Readonly<Record<number, string>> = {
  80: 'http',
  8080: 'http',
  443: 'https',
  3306: 'mysql',
  6379: 'redis',
  27017: 'mongo',
}

/** `[name:]port`. Without a name the port says what the protocol most likely is. Throws USAGE. */
export function parseNamedPort(text: string): NamedPort {
  const [, given, digits = ''] = /^(?:([a-z\d](?:[-a-z\d]{0,13}[a-z\d])?):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port < 1 || port > 65_535)
    throw usage(`'${text}' is no port`, 'write 8080 or http:8080; names have at most 15 characters')
  return { name: given ?? WELL_KNOWN[port] ?? `tcp-${port}`, port }
}

/** Throws USAGE for what is no IP address. */
export function checkAddress(address: string): string {
  if (isIP(address) === 0) throw usage(`'${address}' is no IP address`, 'write one such as 10.0.0.5')
  return address
}

/** `key=value`, from options that may be repeated. Throws USAGE. */
export function parsePairs(option: string, texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts
      .flatMap(text => text.split(','))
      .map(pair => {
        const equals = pair.indexOf('=')
        if (equals < 1) throw usage(`--${option}: '${pair}' is no key=value`)
        return [pair.slice(0, equals), pair.slice(equals + 1)]
      }),
  )
}

/** A service whose endpoints nobody finds by labels. */
export function serviceObject({ name, namespace, ports, labels, annotations, serviceAccount }: VmService): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels, annotations: { [ACCOUNTS]: serviceAccount, ...annotations } },
    spec: { ports: ports.map(port => ({ ...port, protocol: 'TCP', targetPort: port.port })) },
  }
}

/** The endpoint: an object of its own for each address, so that machines come and go without touching each other. */
export function sliceObject({ name, namespace, address, ports, labels }: VmService): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: sliceName(name, address),
      namespace,
      labels: { ...labels, 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': MANAGER },
    },
    addressType: isIPv4(address) ? 'IPv4' : 'IPv6',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: ports.map(port => ({ ...port, protocol: 'TCP' })),
  }
}

/** Names may hold neither colons nor, in labels of DNS, dots. */
export function sliceName(name: string, address: string): string {
  return `${name}-vm-${address.toLowerCase().replaceAll(/[.:]+/g, '-').replaceAll(/^-|-$/g, '0')}`
}
