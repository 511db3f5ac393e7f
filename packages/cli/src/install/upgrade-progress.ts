import type { InstallCluster } from './install-cluster.ts'
import { REVISION_LABEL } from './ownership.ts'
import { POD } from './resource-kinds.ts'
import type { UpgradeRecord } from './upgrade-record.ts'

/** How many injected pods of a namespace belong to which control plane; those on their way out are not counted. */
export interface NamespaceProgress {
  readonly namespace: string
  readonly old: number
  readonly new: number
}

export async function progressByNamespace(
  cluster: InstallCluster,
  home: string,
  { from, to }: UpgradeRecord,
): Promise<readonly NamespaceProgress[]> {
  const pods = (await cluster.list(POD, `${REVISION_LABEL} in (${from},${to})`)).filter(
    ({ metadata }) => metadata.namespace !== home && metadata['deletionTimestamp'] === undefined,
  )
  const byNamespace = Map.groupBy(pods, ({ metadata }) => metadata.namespace ?? '')
  return [...byNamespace].map(([namespace, members]) => {
    const moved = members.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === to).length
    return { namespace, old: members.length - moved, new: moved }
  })
}
