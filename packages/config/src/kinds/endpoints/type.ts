/** Kubernetes `v1` Endpoints: the addresses behind the Service of the same name. */
export interface EndpointsSpec {
  readonly subsets: readonly EndpointSubset[]
}

export interface EndpointSubset {
  readonly addresses: readonly EndpointAddress[]
  readonly notReadyAddresses: readonly EndpointAddress[]
  readonly ports: readonly EndpointPort[]
}

export interface EndpointAddress {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: TargetRef
}

/** The object behind an address, in practice a Pod. */
export interface TargetRef {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

export interface EndpointPort {
  readonly name: string
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string
}
