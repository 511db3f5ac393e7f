/** Settings of proxies (`istio.mesh.v1alpha1.ProxyConfig`): `meshConfig.defaultConfig`. The fields that have an effect here. */
export interface MeshProxyConfig {
  readonly tracing: MeshTracing
  /** Worker threads; 0 for one for each core. Unset: the proxy's own default. */
  readonly concurrency?: number
  readonly gatewayTopology: GatewayTopology
  /** Unset: Istio's defaults. */
  readonly proxyHeaders?: ProxyHeaders
  /** Variables of the environment of the proxy. */
  readonly proxyMetadata: Readonly<Record<string, string>>
}

/** `ProxyConfig.tracing`. */
export interface MeshTracing {
  /** `host:port` of a collector that is a service of the mesh; empty for none. */
  readonly zipkin: { readonly address: string }
  /** Percent of the requests, 0 to 100. */
  readonly sampling: number
  /** Longest path in a span's URL, in characters; 0 for Envoy's default. */
  readonly maxPathTagLength: number
  readonly customTags: Readonly<Record<string, MeshCustomTag>>
  /** Tags that name the mesh and the workload. */
  readonly enableIstioTags: boolean
}

/** A tag of spans. At most one of the three is set. */
export interface MeshCustomTag {
  readonly literal?: { readonly value: string }
  readonly environment?: { readonly name: string; readonly defaultValue: string }
  readonly header?: { readonly name: string; readonly defaultValue: string }
}

export type ForwardClientCertDetails = 'UNDEFINED' | 'SANITIZE' | 'FORWARD_ONLY' | 'APPEND_FORWARD' | 'SANITIZE_SET' | 'ALWAYS_FORWARD_ONLY'

export interface GatewayTopology {
  /** Proxies in front of the gateway that may be trusted with X-Forwarded-For. */
  readonly numTrustedProxies: number
  readonly forwardClientCertDetails: ForwardClientCertDetails
  /** Set: the gateway expects the PROXY protocol. */
  readonly proxyProtocol?: Readonly<Record<string, never>>
}

export interface Disableable {
  readonly disabled?: boolean
}

export interface ProxyHeaders {
  readonly forwardedClientCert: ForwardClientCertDetails
  readonly requestId?: Disableable
  readonly server?: Disableable & { readonly value?: string }
  readonly attemptCount?: Disableable
  readonly envoyDebugHeaders?: Disableable
  readonly preserveHttp1HeaderCase?: boolean
}
