import type { Labels, Origin } from '../kinds/index.ts'

/**
 * What is spoken on a port. `auto` means that the proxy has to look at the first bytes;
 * `udp` ports are known to the registry but never proxied.
 */
export type Protocol =
  | 'auto'
  | 'http'
  | 'http2'
  | 'grpc'
  | 'grpc-web'
  | 'https'
  | 'tls'
  | 'tcp'
  | 'mongo'
  | 'redis'
  | 'mysql'
  | 'http-proxy'
  | 'udp'

/**
 * How a proxy finds the service's endpoints: `static` from this registry; `dns` by resolving every endpoint address, `dns-round-robin`
 * likewise with a single logical host; `none` by the original destination of the connection.
 */
export type Resolution = 'static' | 'dns' | 'dns-round-robin' | 'none'

export interface ModelPort {
  readonly name: string
  /** The number clients use. */
  readonly number: number
  /** Where endpoints listen if they say nothing else: a number, or the name of a container port. */
  readonly targetPort: number | string
  readonly protocol: Protocol
}

/** A service of the mesh, from whichever registry. Identified by `hostname` and `namespace` together. */
export interface Service {
  /** `reviews.default.svc.cluster.local`, or a host of a ServiceEntry, which may start with `*`. */
  readonly hostname: string
  readonly name: string
  readonly namespace: string
  readonly ports: readonly ModelPort[]
  /** Virtual addresses or CIDR blocks; empty for headless services and for hosts without any. */
  readonly addresses: readonly string[]
  /** Its virtual addresses in other clusters, by their id: a client dials the one of its own cluster. */
  readonly remoteAddresses?: Readonly<Record<string, readonly string[]>>
  /** The own cluster does not have it. */
  readonly onlyRemote?: true
  /** Address from 240.240.0.0/16 for a service without one, for proxies beside which a DNS proxy answers with it. */
  readonly autoAddress?: string
  readonly resolution: Resolution
  /** Headless Kubernetes service: no virtual address, clients connect to the pods themselves. */
  readonly headless: boolean
  /** Outside of the mesh: no mutual TLS unless a DestinationRule says so. */
  readonly external: boolean
  /** Target of an ExternalName service, which is its only endpoint. */
  readonly externalName?: string
  /** Service of the mesh that the target is: this one is another name of it. */
  readonly aliasOf?: { readonly hostname: string; readonly namespace: string }
  readonly labels: Labels
  readonly annotations: Labels
  /** Labels of the pods that make up the service; empty without a selector. */
  readonly selector: Labels
  /** `*`, `.` or namespaces; `['*']` if the object says nothing. */
  readonly exportTo: readonly string[]
  /** SPIFFE ids or other SANs stated by the service itself, beside those of its endpoints. */
  readonly serviceAccounts: readonly string[]
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly registry: 'kubernetes' | 'service-entry'
  readonly origin: Origin
}

/** One place that serves one port of one service. */
export interface ServiceEndpoint {
  readonly hostname: string
  readonly serviceNamespace: string
  /** Name of the service port served. */
  readonly portName: string
  /** IP address, host name (resolution `dns`) or path of a unix socket (`unix:///…`). */
  readonly address: string
  /** Port at `address`; 0 for unix sockets. */
  readonly port: number
  readonly labels: Labels
  /** Name of the service account, or a whole SPIFFE id if a ServiceEntry states one; empty if unknown. */
  readonly serviceAccount: string
  readonly namespace: string
  readonly workload: Workload | undefined
  /** Name below that of a headless service, as of the pods of a StatefulSet (`mysql-0`). */
  readonly podHostname?: string
  /** The machine it runs on, where somebody says so. */
  readonly nodeName?: string
  readonly locality: Locality
  /** Ready to take traffic. Endpoints that are not are kept so that proxies can find themselves. */
  readonly ready: boolean
  /** `istio`: the endpoint's proxy accepts mutual TLS with mesh identities. */
  readonly tlsMode: 'istio' | 'disabled'
  /** At least 1. */
  readonly weight: number
  /** '' where only its cluster can tell. */
  readonly network: string
  /** Id of the other cluster that it runs in; absent: the own one. */
  readonly cluster?: string
  /** `address` is that of a gateway in front of the endpoint's network, which listens at this port and goes by the server name. */
  readonly gatewayPort?: number
}

export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subzone: string
}

/** The pod or workload entry behind an endpoint. */
export interface Workload {
  readonly name: string
  readonly namespace: string
}

/**
 * Everything the registries know: services sorted by creation and hostname; endpoints by the name of the object that states them, then
 * as it lists them, so that the order in which objects arrived never shows.
 */
export interface ServiceRegistry {
  readonly services: readonly Service[]
  /** By `serviceKey`. */
  readonly endpoints: ReadonlyMap<string, readonly ServiceEndpoint[]>
}

/** Identity of a service: two namespaces may define one hostname. */
export function serviceKey(service: { readonly hostname: string; readonly namespace: string }): string {
  return `${service.namespace}/${service.hostname}`
}
