/** Kubernetes `v1` Node. Only its labels matter (`topology.kubernetes.io/region` and `zone`, `topology.istio.io/subzone`). */
export interface NodeSpec {
  readonly podCIDR?: string
}
