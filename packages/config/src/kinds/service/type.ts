import type { Labels } from '../shape/networking.ts'

/** Kubernetes `v1` Service: the fields that the mesh reads; all others are accepted and ignored. */
export interface ServiceSpec {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  /** `None` for a headless service; unset until the API server has assigned one. */
  readonly clusterIP?: string
  readonly clusterIPs: readonly string[]
  readonly externalName?: string
  readonly externalIPs: readonly string[]
  readonly ports: readonly ServicePortSpec[]
  readonly selector: Labels
  readonly publishNotReadyAddresses: boolean
  /** Where a load balancer outside of the cluster takes connections for it: `status.loadBalancer.ingress`. */
  readonly loadBalancer: readonly LoadBalancerAddress[]
}

export interface LoadBalancerAddress {
  readonly ip?: string
  readonly hostname?: string
}

export interface ServicePortSpec {
  readonly name: string
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string
  /** A number, or the name of a container port. Equal to `port` if unset. */
  readonly targetPort: number | string
  readonly nodePort?: number
}
