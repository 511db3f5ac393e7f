import type { Clock } from '@meshwork/core/time'
import { fieldsOf, textOf } from '@meshwork/kube/client'
import type { InstallCluster } from './install-cluster.ts'
import type { KubeObject, ObjectKey } from './kube-object.ts'
import { POD } from './resource-kinds.ts'
import { inParallel } from './survey.ts'
import { untilGone } from './until-gone.ts'

/**
 * Removes Deployments and DaemonSets, and waits until their pods have ended: as long as citadel and pilot run, they make anew what is
 * removed of theirs.
 */
export async function stopWorkloads(cluster: InstallCluster, workloads: readonly ObjectKey[], clock: Clock): Promise<void> {
  const found = await inParallel(workloads, key => cluster.read(key))
  await inParallel(workloads, key => cluster.delete(key))
  await untilGone(
    found.flatMap(workload => workload ?? []),
    workload => hasPods(cluster, workload),
    clock,
  )
}

async function hasPods(cluster: InstallCluster, { metadata, spec }: KubeObject): Promise<boolean> {
  const labels = Object.entries(fieldsOf(fieldsOf(fieldsOf(spec)['selector'])['matchLabels']))
  const selector = labels.map(([name, value]) => `${name}=${textOf(value)}`).join(',')
  return selector !== '' && (await cluster.list(POD, selector, metadata.namespace ?? '')).length > 0
}
