import { Gauge, type Registry } from 'prom-client'
import type { ClusterState } from './remote-clusters.ts'

/** Numbers about the clusters of the mesh, under Istio's names where it has some. */
export function observeClusters(registry: Registry, states: () => readonly ClusterState[]): void {
  const managed: Gauge = new Gauge({
    name: 'istiod_managed_clusters',
    help: 'Clusters that this control plane follows.',
    labelNames: ['cluster_type'],
    registers: [registry],
    collect: (): void => {
      managed.set({ cluster_type: 'local' }, 1)
      managed.set({ cluster_type: 'remote' }, states().length)
    },
  })
  const synced: Gauge = new Gauge({
    name: 'istiod_remote_cluster_synced',
    help: 'Other clusters: 1 once all of their services are known, else 0.',
    labelNames: ['cluster'],
    registers: [registry],
    collect: (): void => {
      synced.reset()
      for (const { id, syncStatus } of states()) synced.set({ cluster: id }, syncStatus === 'synced' ? 1 : 0)
    },
  })
  const failing: Gauge = new Gauge({
    name: 'istiod_remote_cluster_problem',
    help: 'Other clusters that cannot be read now, with the secret that names them.',
    labelNames: ['cluster', 'secret'],
    registers: [registry],
    collect: (): void => {
      failing.reset()
      for (const { id, origin, problem } of states()) if (problem !== undefined) failing.set({ cluster: id, secret: origin }, 1)
    },
  })
}
