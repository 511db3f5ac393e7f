/** Kubernetes `v1` Pod: the fields that the mesh reads, from `spec` and `status`. */
export interface PodSpec {
  readonly serviceAccountName: string
  readonly nodeName?: string
  readonly hostNetwork: boolean
  readonly containers: readonly PodContainer[]
  readonly status: PodStatus
}

export interface PodContainer {
  readonly name: string
  readonly image?: string
  readonly ports: readonly ContainerPort[]
}

export interface ContainerPort {
  readonly containerPort: number
  readonly name?: string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
}

export interface PodStatus {
  readonly phase?: string
  readonly podIP?: string
  readonly podIPs: readonly string[]
  /** Condition `Ready` is `True`. Unset if the document has no such condition. */
  readonly ready?: boolean
}
