/** Kubernetes `v1` Node. Only its labels matter (`topology.kubernetes.io/region` and `zone`, `topology.istio.io/subzone`), and where others reach it. */
export interface NodeSpec {
  readonly podCIDR?: string
  /** Addresses at which others outside of the cluster reach it: `status.addresses` of type ExternalIP. */
  readonly externalIPs: readonly string[]
}
