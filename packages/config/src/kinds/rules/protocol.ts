/** Protocols as Gateway, Sidecar and ServiceEntry name them, in the spelling of Istio's messages. */
const PROTOCOLS = ['HTTP', 'HTTPS', 'GRPC', 'GRPC-WEB', 'HTTP2', 'MONGO', 'REDIS', 'MYSQL', 'TCP', 'TLS', 'UDP', 'HTTP_PROXY'] as const

export type ConfigProtocol = (typeof PROTOCOLS)[number]

/** Case does not count. */
export function readProtocol(text: string): ConfigProtocol | undefined {
  const upper = text.toUpperCase()
  return PROTOCOLS.find(protocol => protocol === upper)
}

export function protocolNames(): readonly string[] {
  return PROTOCOLS
}

/** Plain text HTTP of any version. */
export function isHttpProtocol(protocol: ConfigProtocol): boolean {
  return protocol === 'HTTP' || protocol === 'HTTP2' || protocol === 'GRPC' || protocol === 'GRPC-WEB'
}

export function isTlsProtocol(protocol: ConfigProtocol): boolean {
  return protocol === 'HTTPS' || protocol === 'TLS'
}
