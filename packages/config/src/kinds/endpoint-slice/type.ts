import type { EndpointPort, TargetRef } from '../endpoints/type.ts'

/** Kubernetes `discovery.k8s.io/v1` EndpointSlice. The label `kubernetes.io/service-name` names its Service. */
export interface EndpointSliceSpec {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly endpoints: readonly SliceEndpoint[]
  readonly ports: readonly EndpointPort[]
}

export interface SliceEndpoint {
  readonly addresses: readonly string[]
  /** Unset counts as ready. */
  readonly ready: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: TargetRef
}
