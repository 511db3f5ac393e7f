import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ClusterState } from './remote-clusters.ts'

/** One cluster on the page `/debug/clusterz`; the first three fields are Istio's. */
export interface ClusterRow {
  readonly id: string
  /** Absent for the own cluster. */
  readonly secretName?: string
  readonly syncStatus: ClusterState['syncStatus']
  readonly problem?: string
  readonly network: string
  readonly services: number
  /** Ready ones. */
  readonly endpoints: number
  readonly syncedAt?: string
}

/** The own cluster, then the others by id. */
export function clusterRows(ownId: string, states: readonly ClusterState[], snapshot: MeshSnapshot): readonly ClusterRow[] {
  const own = { id: ownId, syncStatus: 'synced' as const, ...factsOf('', snapshot) }
  const others = states.map(({ id, origin, syncStatus, problem, syncedAt }) => ({
    id,
    secretName: origin,
    syncStatus,
    ...(problem !== undefined && { problem }),
    ...factsOf(id, snapshot),
    ...(syncedAt !== undefined && { syncedAt: new Date(syncedAt).toISOString() }),
  }))
  return [own, ...others]
}

function factsOf(id: string, { registry, networks }: MeshSnapshot): Pick<ClusterRow, 'network' | 'services' | 'endpoints'> {
  const services = registry.services.filter(({ onlyRemote, remoteAddresses }) =>
    id === '' ? onlyRemote !== true : remoteAddresses?.[id] !== undefined,
  )
  const ready = [...registry.endpoints.values()].flat().filter(endpoint => endpoint.ready && (endpoint.cluster ?? '') === id)
  return { network: networks.clusters.get(id)?.network ?? '', services: services.length, endpoints: ready.length }
}
