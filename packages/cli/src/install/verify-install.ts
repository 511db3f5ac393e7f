import { changeText, diffObjects } from './object-diff.ts'
import type { InstallCluster } from './install-cluster.ts'
import { noLongerRendered, takeInventory } from './inventory.ts'
import { keyOf, type KubeObject, spoken } from './kube-object.ts'
import { ownerOf } from './ownership.ts'
import { resourceKindOf } from './resource-kinds.ts'
import { inParallel, isDefinition } from './survey.ts'

/** How one object of the cluster compares with what was rendered. */
export interface VerifiedObject {
  /** `Deployment istio-system/istiod`. */
  readonly object: string
  /** `foreign`: there, and somebody else's; `extra`: ours, and not rendered any more. */
  readonly state: 'same' | 'missing' | 'changed' | 'foreign' | 'extra'
  /** What applying would change, `~ spec.replicas: 1 -> 2`. */
  readonly changes: readonly string[]
}

export interface VerifyScope {
  readonly namespace: string
  /** undefined: objects that were not rendered are not looked for. */
  readonly revision: string | undefined
}

/** Compares by letting the server apply and keep nothing: defaults and fields of others make no difference then. */
export async function verifyObjects(
  cluster: InstallCluster,
  rendered: readonly KubeObject[],
  scope: VerifyScope,
): Promise<readonly VerifiedObject[]> {
  const known = rendered.filter(object => resourceKindOf(keyOf(object)) !== undefined)
  const verified = await inParallel(known, object => verifyObject(cluster, object, scope.namespace))
  if (scope.revision === undefined) return verified
  const { objects } = await takeInventory(cluster, scope.namespace)
  const extra = noLongerRendered(objects, rendered, scope.revision)
  return [...verified, ...extra.map((object): VerifiedObject => ({ object: spoken(keyOf(object)), state: 'extra', changes: [] }))]
}

async function verifyObject(cluster: InstallCluster, object: KubeObject, namespace: string): Promise<VerifiedObject> {
  const name = spoken(keyOf(object))
  const live = await cluster.read(keyOf(object))
  if (live === undefined) return { object: name, state: 'missing', changes: [] }
  // Somebody else's definitions serve the same kinds.
  if (isDefinition(object) && ownerOf(live, namespace).kind === 'other') return { object: name, state: 'foreign', changes: [] }
  const applied = await cluster.apply(object, { isDryRun: true, force: true })
  if (applied === undefined) return { object: name, state: 'missing', changes: [] }
  const changes = diffObjects(live, applied).map(changeText)
  return { object: name, state: changes.length === 0 ? 'same' : 'changed', changes }
}
