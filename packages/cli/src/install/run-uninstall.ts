import type { Clock } from '@meshwork/core/time'
import { fieldsOf, itemsOf, textOf } from '@meshwork/kube/client'
import type { InstallCluster } from './install-cluster.ts'
import { type Inventory, ofRevision, otherMeshes, takeInventory } from './inventory.ts'
import { keyOf, keyText, type KubeObject, type ObjectKey } from './kube-object.ts'
import { MANAGED_BY, OURSELVES, REVISION_LABEL } from './ownership.ts'
import { INSTALLED_KINDS, POD, removalOrder } from './resource-kinds.ts'
import { stopWorkloads } from './stop-workloads.ts'
import { inParallel } from './survey.ts'
import { untilGone } from './until-gone.ts'

export interface RemovalPlan {
  readonly objects: readonly ObjectKey[]
  readonly definitions: readonly ObjectKey[]
  /** Pods that run a sidecar of what is removed: `namespace/name`. */
  readonly pods: readonly string[]
  /** Namespaces of other meshes of this cluster, which need the definitions. */
  readonly others: readonly string[]
}

const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'DaemonSet'])
/** Made by components while they run. Only the first ones are told from those of another mesh by a label. */
const OF_CITADEL = 'istio-ca-root-cert'
const OWN_SECRET = 'istio-ca-secret'

/** What would go: one revision of a namespace, or all of the mesh with the kinds themselves (`purge`). Changes nothing. */
export async function planRemoval(cluster: InstallCluster, namespace: string, revision: string | undefined): Promise<RemovalPlan> {
  const inventory = await takeInventory(cluster, namespace)
  const [pods, others] = [await injectedPods(cluster, namespace, revision), await otherMeshes(cluster, namespace)]
  if (revision !== undefined)
    return { objects: ofRevision(inventory.objects, revision).map(keyOf).toSorted(removalOrder), definitions: [], pods, others }
  const made = await madeAtRunTime(cluster, namespace, inventory)
  const definitions = others.length > 0 ? [] : inventory.definitions.map(keyOf)
  const objects = [...inventory.objects.map(keyOf), ...made]
  const kept = await otherContent(cluster, namespace, objects)
  // A namespace that we made goes with the mesh, unless somebody else put something there.
  const removed = objects.filter(({ kind }) => kind !== 'Namespace' || kept.length === 0)
  return { objects: removed.toSorted(removalOrder), definitions, pods, others }
}

/** What stands in a namespace beside the objects given and what Kubernetes puts into every namespace. */
async function otherContent(cluster: InstallCluster, namespace: string, objects: readonly ObjectKey[]): Promise<readonly KubeObject[]> {
  const known = new Set(objects.map(keyText))
  const kinds = INSTALLED_KINDS.filter(({ kind }) => ['ConfigMap', 'Secret', 'Service', 'Deployment', 'DaemonSet'].includes(kind))
  const found = (await inParallel(kinds, kind => cluster.list(kind, '', namespace))).flat()
  return found.filter(object => !known.has(keyText(keyOf(object))) && object.metadata.name !== 'kube-root-ca.crt')
}

/** Removes in an order in which nothing is held up, and waits. Answers with what is still there. */
export async function remove(cluster: InstallCluster, { objects, definitions }: RemovalPlan, clock: Clock): Promise<readonly ObjectKey[]> {
  for (const [kind, sameKind] of Map.groupBy(objects, ({ kind }) => kind)) {
    if (WORKLOADS.has(kind)) await stopWorkloads(cluster, sameKind, clock)
    else await inParallel(sameKind, key => cluster.delete(key))
  }
  await inParallel(definitions, key => cluster.delete(key))
  return untilGone([...objects, ...definitions], key => isThere(cluster, key), clock)
}

/** A namespace goes when everything in it has gone; that it is on its way is enough. */
async function isThere(cluster: InstallCluster, key: ObjectKey): Promise<boolean> {
  const live = await cluster.read(key)
  return live !== undefined && !isLeavingNamespace(live)
}

function isLeavingNamespace({ kind, metadata }: KubeObject): boolean {
  return kind === 'Namespace' && metadata['deletionTimestamp'] !== undefined
}

/** Roots that citadel published and the key it made, leases. A root that was plugged in (`cacerts`) is the user's. */
async function madeAtRunTime(cluster: InstallCluster, namespace: string, { objects }: Inventory): Promise<readonly ObjectKey[]> {
  const known = new Set(objects.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`))
  const lists = await inParallel(
    INSTALLED_KINDS.filter(({ kind }) => ['ConfigMap', 'Secret', 'Lease'].includes(kind)),
    kind => cluster.list(kind, '', kind.kind === 'ConfigMap' ? '' : namespace),
  )
  return lists
    .flat()
    .filter(object => isMadeByComponents(object) && !known.has(`${object.metadata.namespace ?? ''}/${object.metadata.name}`))
    .map(keyOf)
}

function isMadeByComponents({ kind, metadata }: KubeObject): boolean {
  const isMarked = metadata.labels?.[MANAGED_BY] === OURSELVES
  if (kind === 'ConfigMap') return metadata.name === OF_CITADEL && isMarked
  if (kind === 'Secret') return metadata.name === OWN_SECRET && isMarked
  return isMarked
}

async function injectedPods(cluster: InstallCluster, namespace: string, revision: string | undefined): Promise<readonly string[]> {
  const pods = await cluster.list(POD)
  return pods
    .filter(pod => pod.metadata.namespace !== namespace && hasProxy(pod))
    .filter(({ metadata }) => revision === undefined || (metadata.labels?.[REVISION_LABEL] ?? 'default') === revision)
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
}

function hasProxy(pod: KubeObject): boolean {
  const spec = fieldsOf(pod['spec'])
  return [...itemsOf(spec['containers']), ...itemsOf(spec['initContainers'])].some(each => textOf(fieldsOf(each)['name']) === 'istio-proxy')
}
