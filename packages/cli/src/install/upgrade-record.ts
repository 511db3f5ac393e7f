import { fieldsOf, textOf } from '@meshwork/kube/client'
import type { InstallCluster } from './install-cluster.ts'
import { RECORD } from './inventory.ts'
import type { ObjectKey } from './kube-object.ts'
import { MANAGED_BY, NAMESPACE_LABEL, OURSELVES } from './ownership.ts'

/** `started`: the new revision runs beside the old one. `promoted`: new pods get its sidecars. */
export type UpgradePhase = 'started' | 'promoted'

/** An upgrade under way, kept in the cluster: whoever comes next goes on where it stands. */
export interface UpgradeRecord {
  readonly from: string
  readonly to: string
  readonly phase: UpgradePhase
}

function keyIn(namespace: string): ObjectKey {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'meshwork-upgrade' }
}

export async function readUpgrade(cluster: InstallCluster, namespace: string): Promise<UpgradeRecord | undefined> {
  const data = fieldsOf((await cluster.read(keyIn(namespace)))?.['data'])
  const [from, to] = [textOf(data['from']), textOf(data['to'])]
  if (from === '' || to === '') return undefined
  return { from, to, phase: data['phase'] === 'promoted' ? 'promoted' : 'started' }
}

export async function writeUpgrade(cluster: InstallCluster, namespace: string, { from, to, phase }: UpgradeRecord): Promise<void> {
  const { apiVersion, kind, name } = keyIn(namespace)
  const labels = {
    [MANAGED_BY]: OURSELVES,
    'app.kubernetes.io/part-of': 'istio',
    'install.meshwork.dev/component': RECORD,
    [NAMESPACE_LABEL]: namespace,
  }
  await cluster.apply(
    { apiVersion, kind, metadata: { name, namespace, labels }, data: { from, to, phase } },
    { isDryRun: false, force: true },
  )
}

export async function forgetUpgrade(cluster: InstallCluster, namespace: string): Promise<void> {
  await cluster.delete(keyIn(namespace))
}
