import type { Origin, ServerTlsSettings } from '@meshwork/config/kinds'
import type { HttpSettings, ServiceIdentity } from '../filters/inputs.ts'
import type { TcpDestination } from '../filters/tcp-proxy.ts'

/** Where a listener is. `bound`: it opens the port itself; otherwise it takes what the capturing listener hands over. */
export interface ListenerPlace {
  /** IP address, or `unix:///path`. */
  readonly address: string
  readonly port: number
  readonly bound: boolean
}

/** An outbound port where the Host header decides. */
export interface OutboundHttpInputs {
  readonly kind: 'outbound-http'
  readonly place: ListenerPlace
  readonly routeName: string
  /** Requests name whole URLs: the listener is the application's `http_proxy`. */
  readonly httpProxy: boolean
  /** The port is one of gRPC. */
  readonly grpc: boolean
  readonly settings: HttpSettings
  readonly origins: readonly Origin[]
}

/** One way of an outbound port where bytes are opaque. */
export interface TcpWay {
  /** SNI names that choose it; empty matches any connection. */
  readonly serverNames: readonly string[]
  /** Destination ranges that choose it, as CIDR. */
  readonly subnets: readonly string[]
  readonly destinations: readonly TcpDestination[]
}

export interface OutboundTcpInputs {
  readonly kind: 'outbound-tcp'
  readonly place: ListenerPlace
  readonly ways: readonly TcpWay[]
  /** Set on a port without declared protocol: connections that speak HTTP use this route table. */
  readonly detectHttp: string | null
  /** Cluster for connections that no way takes; null closes them. */
  readonly otherwise: string | null
  /** The port says that it speaks MongoDB's protocol: what is asked is counted. */
  readonly mongo?: boolean
  readonly settings: HttpSettings
  readonly origins: readonly Origin[]
}

/** The listener that iptables sends everything to that the application sends. */
export interface CaptureOutboundInputs {
  readonly kind: 'capture-outbound'
  /** Cluster for connections that no listener takes. */
  readonly otherwise: string
  readonly settings: HttpSettings
}

export type PeerTls = 'strict' | 'permissive' | 'disable'

/** One port of the own application. */
export interface InboundPort {
  /** The port that callers connect to, which the cluster `inbound|<port>||` is named for. */
  readonly port: number
  /** `auto`: told by the first bytes. */
  readonly protocol: 'http' | 'tcp' | 'auto'
  readonly grpc: boolean
  readonly tls: PeerTls
  /** Certificates that the Sidecar names for callers from outside of the mesh: then the port takes TLS with them, and nothing else. */
  readonly ownTls?: ServerTlsSettings
  /** The proxy is of ours, and takes HTTP/1.1 in HTTP/2 frames from others of ours. */
  readonly tunnel: boolean
  readonly service: ServiceIdentity | undefined
}

/** A Sidecar `ingress` port that the proxy opens itself. */
export interface SidecarIngressInputs {
  readonly kind: 'sidecar-ingress'
  readonly place: ListenerPlace
  readonly inbound: InboundPort
  /** Address of the workload, for Mixer. */
  readonly ip: string
  readonly settings: HttpSettings
  readonly origins: readonly Origin[]
}

/** The listener that iptables sends everything to that comes for the application. */
export interface CaptureInboundInputs {
  readonly kind: 'capture-inbound'
  readonly ports: readonly InboundPort[]
  /** For ports that no service names. */
  readonly otherTls: PeerTls
  readonly ip: string
  /** Interception keeps the addresses of clients, and so do connections to the application. */
  readonly transparent: boolean
  readonly settings: HttpSettings
  readonly origins: readonly Origin[]
}

/** Where a gateway's server has its certificates from. */
export type ServerCredential =
  /** From files on the gateway's machine, or from the mesh. */
  | { readonly kind: 'files' }
  /** SDS names of what pilot delivers. */
  | {
      readonly kind: 'secrets'
      readonly certificates: readonly string[]
      readonly roots: { readonly name: string; readonly crlPem: string } | null
    }
  /** A Secret that is not there, or not usable: handshakes must fail, and not end up with another server. */
  | { readonly kind: 'missing'; readonly reason: string }

/** One server of a gateway's port. */
export interface GatewayServerInputs {
  readonly name: string
  /** Hosts for SNI; empty where any will do. */
  readonly serverNames: readonly string[]
  readonly tls: ServerTlsSettings | undefined
  readonly credential: ServerCredential
  readonly content:
    | { readonly kind: 'http'; readonly routeName: string }
    | { readonly kind: 'tcp'; readonly destinations: readonly TcpDestination[] }
}

export interface GatewayPortInputs {
  readonly kind: 'gateway-port'
  readonly place: ListenerPlace
  readonly servers: readonly GatewayServerInputs[]
  readonly settings: HttpSettings
  readonly origins: readonly Origin[]
}

/** Everything that one listener is made from, and its cache key. */
export type ListenerInputs =
  | OutboundHttpInputs
  | OutboundTcpInputs
  | CaptureOutboundInputs
  | SidecarIngressInputs
  | CaptureInboundInputs
  | GatewayPortInputs
