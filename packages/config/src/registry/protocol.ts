import type { Protocol } from './model.ts'

/** Names of protocols as port names begin with them and as `appProtocol` states them. */
const BY_NAME: ReadonlyMap<string, Protocol> = new Map([
  ['http', 'http'],
  ['http2', 'http2'],
  ['grpc', 'grpc'],
  ['grpc-web', 'grpc-web'],
  ['https', 'https'],
  ['tls', 'tls'],
  ['tcp', 'tcp'],
  ['mongo', 'mongo'],
  ['redis', 'redis'],
  ['mysql', 'mysql'],
  ['udp', 'udp'],
  ['http-proxy', 'http-proxy'],
  ['http_proxy', 'http-proxy'],
])

/** Values of `appProtocol` that Kubernetes has standardised (KEP-3726), and Istio's for HTTP/2 without TLS. */
const STANDARD_APP_PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ['kubernetes.io/h2c', 'http2'],
  ['kubernetes.io/ws', 'http'],
  ['kubernetes.io/wss', 'https'],
])

/** Ports that are never looked into, whatever they are called: their servers speak first (SMTP, MySQL, DNS over TCP, MongoDB). */
const SERVER_FIRST_PORTS: ReadonlySet<number> = new Set([25, 3306, 27017])

export interface PortDescription {
  readonly name: string
  readonly number: number
  readonly transport: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string
}

/**
 * The protocol of a Kubernetes service port: `appProtocol`, else the part of the name before the first dash (`http-admin`), else
 * to be found out from the bytes.
 */
export function protocolOfPort(port: PortDescription): Protocol {
  if (port.transport !== 'TCP') return 'udp'
  const stated = port.appProtocol?.toLowerCase()
  if (stated !== undefined && stated !== '') {
    const protocol = STANDARD_APP_PROTOCOLS.get(stated) ?? protocolByName(stated)
    if (protocol !== undefined) return protocol
  }
  const named = protocolByName(port.name.toLowerCase())
  if (named !== undefined) return named
  return SERVER_FIRST_PORTS.has(port.number) ? 'tcp' : 'auto'
}

function protocolByName(name: string): Protocol | undefined {
  if (name === 'grpc-web' || name.startsWith('grpc-web-')) return 'grpc-web'
  const dash = name.indexOf('-')
  return BY_NAME.get(dash < 0 ? name : name.slice(0, dash))
}

/** The protocol that a ServiceEntry, Gateway or Sidecar states. */
export function parseProtocol(text: string): Protocol {
  return text === '' ? 'auto' : (BY_NAME.get(text.toLowerCase()) ?? 'auto')
}

/** Whether the protocol is HTTP in plain text, of any version. */
export function isHttp(protocol: Protocol): boolean {
  return protocol === 'http' || protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web' || protocol === 'http-proxy'
}

/** Whether upstream connections speak HTTP/2 without being asked to. */
export function isHttp2(protocol: Protocol): boolean {
  return protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web'
}

/** Whether calls of gRPC are told apart in statistics. */
export function isGrpc(protocol: Protocol): boolean {
  return protocol === 'grpc' || protocol === 'grpc-web'
}

export function isTls(protocol: Protocol): boolean {
  return protocol === 'https' || protocol === 'tls'
}
