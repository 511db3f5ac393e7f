import type { ConfigPort, Labels } from '../shape/networking.ts'

/** `networking.istio.io` Gateway: what a gateway proxy listens on. */
export interface GatewaySpec {
  /** Labels of the gateway's pods; empty means every gateway. */
  readonly selector: Labels
  readonly servers: readonly GatewayServer[]
}

export interface GatewayServer {
  readonly port: ConfigPort
  /** Address to listen on; unset means all. */
  readonly bind?: string
  /** `host` or `namespace/host`. */
  readonly hosts: readonly string[]
  readonly tls?: ServerTlsSettings
  readonly defaultEndpoint?: string
  readonly name?: string
}

export type ServerTlsMode = 'PASSTHROUGH' | 'SIMPLE' | 'MUTUAL' | 'AUTO_PASSTHROUGH' | 'ISTIO_MUTUAL' | 'OPTIONAL_MUTUAL'

export type TlsProtocolVersion = 'TLS_AUTO' | 'TLSV1_0' | 'TLSV1_1' | 'TLSV1_2' | 'TLSV1_3'

export interface ServerTlsSettings {
  readonly httpsRedirect: boolean
  readonly mode: ServerTlsMode
  readonly serverCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
  readonly credentialName?: string
  readonly credentialNames: readonly string[]
  readonly caCertCredentialName?: string
  readonly tlsCertificates: readonly {
    readonly serverCertificate?: string
    readonly privateKey?: string
    readonly caCertificates?: string
  }[]
  readonly subjectAltNames: readonly string[]
  readonly verifyCertificateSpki: readonly string[]
  readonly verifyCertificateHash: readonly string[]
  readonly minProtocolVersion?: TlsProtocolVersion
  readonly maxProtocolVersion?: TlsProtocolVersion
  readonly cipherSuites: readonly string[]
}
