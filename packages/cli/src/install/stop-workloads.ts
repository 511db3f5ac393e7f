import { type Clock, sleep } from '@meshwork/core/time'
import { fieldsOf, textOf } from '@meshwork/kube/client'
import type { InstallCluster } from './install-cluster.ts'
import type { KubeObject, ObjectKey } from './kube-object.ts'
import type { ResourceKind } from './resource-kinds.ts'
import { inParallel } from './survey.ts'

const POD: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', isNamespaced: true }
const POLL_MS = 250
/** Longer than any component drains; pods of a node that is lost are not waited for. */
const STOP_LIMIT_MS = 60_000

/**
 * Removes Deployments and DaemonSets, and waits until their pods have ended: as long as citadel and pilot run, they make anew what is
 * removed of theirs.
 */
export async function stopWorkloads(cluster: InstallCluster, workloads: readonly ObjectKey[], clock: Clock): Promise<void> {
  const found = await inParallel(workloads, key => cluster.read(key))
  await inParallel(workloads, key => cluster.delete(key))
  const start = clock.monotonicMs()
  for (let left = found.flatMap(workload => workload ?? []); left.length > 0;) {
    const states = await inParallel(left, async workload => ({ workload, pods: await podsOf(cluster, workload) }))
    left = states.flatMap(({ workload, pods }) => (pods > 0 ? [workload] : []))
    if (left.length > 0 && clock.monotonicMs() - start > STOP_LIMIT_MS) return
    if (left.length > 0) await sleep(clock, POLL_MS)
  }
}

async function podsOf(cluster: InstallCluster, { metadata, spec }: KubeObject): Promise<number> {
  const labels = Object.entries(fieldsOf(fieldsOf(fieldsOf(spec)['selector'])['matchLabels']))
  const selector = labels.map(([name, value]) => `${name}=${textOf(value)}`).join(',')
  return selector === '' ? 0 : (await cluster.list(POD, selector, metadata.namespace ?? '')).length
}
