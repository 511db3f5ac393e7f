import { MeshError } from '@meshwork/core/result'
import type { InstallCluster } from './install-cluster.ts'
import { keyOf, type KubeObject, spoken } from './kube-object.ts'
import { type Owner, ownerOf } from './ownership.ts'

/** An object that shall be, beside what is there under its name. */
export interface Surveyed {
  readonly object: KubeObject
  readonly live: KubeObject | undefined
  /** undefined: nobody has it. */
  readonly owner: Owner | undefined
}

/** Requests to the API server under way at once. */
const AT_ONCE = 8
const MOST_TOLD = 5

/** Reads what is there under the names of all objects, before anything is written. */
export async function survey(cluster: InstallCluster, objects: readonly KubeObject[], namespace: string): Promise<readonly Surveyed[]> {
  return inParallel(objects, async object => {
    const live = await cluster.read(keyOf(object))
    return { object, live, owner: live === undefined ? undefined : ownerOf(live, namespace) }
  })
}

/** Somebody else's definitions serve the same kinds and are left alone; anything else of theirs is in the way. Throws OBJECTS_OF_OTHERS. */
export function refuseConflicts(surveyed: readonly Surveyed[]): void {
  const inTheWay = surveyed.filter(({ object, owner }) => owner?.kind === 'other' && !isDefinition(object))
  if (inTheWay.length === 0) return
  const told = inTheWay
    .slice(0, MOST_TOLD)
    .map(({ object, owner }) => `${spoken(keyOf(object))} (${owner?.kind === 'other' ? owner.name : ''})`)
  const more = inTheWay.length > MOST_TOLD ? ` and ${inTheWay.length - MOST_TOLD} more` : ''
  throw new MeshError('OBJECTS_OF_OTHERS', `these belong to somebody else and nothing was changed: ${told.join(', ')}${more}`, {
    source: 'config',
    nextStep: 'install beside them with --namespace or --set revision=<name>, or take them over with --adopt',
  })
}

export function isDefinition({ kind }: { readonly kind: string }): boolean {
  return kind === 'CustomResourceDefinition'
}

/** In the order of the items; a few at a time. */
export async function inParallel<Item, Out>(items: readonly Item[], run: (item: Item) => Promise<Out>): Promise<readonly Out[]> {
  const results: Out[] = []
  for (let i = 0; i < items.length; i += AT_ONCE) results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(run))))
  return results
}
