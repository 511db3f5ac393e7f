import { fieldsOf, itemsOf, textOf } from '@meshwork/kube/client'
import type { MemberCluster } from './member-cluster.ts'

/** What the control plane of a cluster says of another one. `unknown`: it cannot be asked; `absent`: it knows of no such cluster. */
export type RemoteSync = 'synced' | 'syncing' | 'problem' | 'absent' | 'unknown'

/** State of each other cluster by id, from the metrics of a running istiod, which the API server passes on; undefined: none answers. */
export async function syncStates(cluster: MemberCluster): Promise<ReadonlyMap<string, RemoteSync> | undefined> {
  const pods = itemsOf((await cluster.read(`/api/v1/namespaces/${cluster.namespace}/pods?labelSelector=app%3Distiod`))?.['items'])
  const running = pods.map(fieldsOf).filter(pod => textOf(fieldsOf(pod['status'])['phase']) === 'Running')
  for (const pod of running) {
    const name = textOf(fieldsOf(pod['metadata'])['name'])
    const path = `/api/v1/namespaces/${cluster.namespace}/pods/${name}:15014/proxy/metrics`
    const text = await cluster.client.page(path).catch(() => undefined)
    if (text !== undefined) return readStates(text)
  }
  return undefined
}

/** From the text of Prometheus' exposition format. */
export function readStates(metrics: string): ReadonlyMap<string, RemoteSync> {
  const states = new Map<string, RemoteSync>()
  for (const [, id = '', value] of metrics.matchAll(/^istiod_remote_cluster_synced\{cluster="([^"]*)"\} ([01])$/gm)) {
    states.set(id, value === '1' ? 'synced' : 'syncing')
  }
  for (const [, id = ''] of metrics.matchAll(/^istiod_remote_cluster_problem\{cluster="([^"]*)",[^}]*\} 1$/gm)) states.set(id, 'problem')
  return states
}
