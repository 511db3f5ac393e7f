import type { ObjectOf } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { BLACK_HOLE_CLUSTER, outboundClusterName, PASSTHROUGH_CLUSTER } from '../translate/clusters/cluster-name.ts'
import { fullHost } from '../translate/routes/destination.ts'

/**
 * The cluster for what the application sends to nobody that the mesh knows: refused, passed on, or given to the proxy for what leaves
 * the mesh that its Sidecar names. One that the sidecar has no way to is as good as none: what should leave through it is refused.
 */
export function elsewhereCluster(
  sidecar: ObjectOf<'Sidecar'> | undefined,
  services: readonly Service[],
  { mesh, clusterDomain }: Pick<MeshSnapshot, 'mesh' | 'clusterDomain'>,
): string {
  const policy = sidecar?.spec.outboundTrafficPolicy
  if ((policy?.mode ?? mesh.outboundTrafficPolicy.mode) !== 'ALLOW_ANY') return BLACK_HOLE_CLUSTER
  if (sidecar === undefined || policy?.egressProxy === undefined) return PASSTHROUGH_CLUSTER
  const { host, subset = '', port } = policy.egressProxy
  const hostname = fullHost(host, sidecar.meta.namespace, clusterDomain)
  const ports = services.find(service => service.hostname === hostname)?.ports ?? []
  // As for routes: a port may be left out where there is only one.
  const number = port ?? (ports.length === 1 ? ports[0]?.number : undefined)
  return ports.some(each => each.number === number) ? outboundClusterName(number ?? 0, subset, hostname) : BLACK_HOLE_CLUSTER
}
