import { MeshError } from '@meshwork/core/result'
import type { InstallCluster } from './install-cluster.ts'
import { keyOf, type KubeObject, type ObjectKey, spoken } from './kube-object.ts'
import { diffObjects, type FieldChange } from './object-diff.ts'
import { orderOf } from './resource-kinds.ts'
import { inParallel, isDefinition, type Surveyed } from './survey.ts'

export interface AppliedObject {
  readonly key: ObjectKey
  readonly change: 'created' | 'changed' | 'unchanged' | 'left'
  /** Whose it is, if it was left as it was. */
  readonly owner?: string
  readonly fields: readonly FieldChange[]
}

export interface ApplyOptions {
  readonly isDryRun: boolean
  /** Objects of other owners become ours. */
  readonly adopt: boolean
}

/** Writes the objects of one step, kind after kind. Definitions of others stay as they are unless they are to be adopted. */
export async function applyStep(
  cluster: InstallCluster,
  surveyed: readonly Surveyed[],
  options: ApplyOptions,
): Promise<readonly AppliedObject[]> {
  const applied: AppliedObject[] = []
  for (const sameKind of Map.groupBy(surveyed, ({ object }) => orderOf(object)).values()) {
    applied.push(...(await inParallel(sameKind, each => applyOne(cluster, each, options))))
  }
  return applied
}

async function applyOne(cluster: InstallCluster, { object, live, owner }: Surveyed, options: ApplyOptions): Promise<AppliedObject> {
  const key = keyOf(object)
  if (owner?.kind === 'other' && isDefinition(object) && !options.adopt) return { key, change: 'left', owner: owner.name, fields: [] }
  // What somebody made since we looked is theirs: then this is a conflict, not a change.
  const result = await cluster.apply(object, { isDryRun: options.isDryRun, force: live !== undefined })
  if (result === undefined) return absent(key, object, options)
  if (live === undefined) return { key, change: 'created', fields: [] }
  const fields = diffObjects(live, result)
  return { key, change: fields.length === 0 ? 'unchanged' : 'changed', fields }
}

/** The namespace or the definition would be made first, so there is nothing to ask the server about. */
function absent(key: ObjectKey, object: KubeObject, { isDryRun }: ApplyOptions): AppliedObject {
  if (isDryRun) return { key, change: 'created', fields: [] }
  throw new MeshError('CLUSTER_REFUSED', `the cluster knows no place for ${spoken(key)} (${object.apiVersion})`, {
    source: 'config',
    nextStep: `kubectl get namespace ${key.namespace}; kubectl api-resources | grep ${key.kind}`,
  })
}
