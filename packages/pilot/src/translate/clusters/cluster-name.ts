export const BLACK_HOLE_CLUSTER = 'BlackHoleCluster'
export const PASSTHROUGH_CLUSTER = 'PassthroughCluster'
export const INBOUND_PASSTHROUGH_CLUSTER = 'InboundPassthroughCluster'

/** `outbound|9080|v1|reviews.default.svc.cluster.local`, the name that routes, SNI and metrics use (traffic.md 2.6). */
export function outboundClusterName(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`
}

/** Today's form: the inbound cluster belongs to the workload's port, not to a service, so the host part is empty. */
export function inboundClusterName(port: number): string {
  return `inbound|${port}||`
}

/** `outbound_.9080_.v1_.host`: the cluster name with characters that SNI allows, as Istio has written it since 1.1. */
export function serverNameOfCluster(port: number, subset: string, host: string): string {
  return `outbound_.${port}_.${subset}_.${host}`
}
