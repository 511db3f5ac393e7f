import type { InstallCluster } from './install-cluster.ts'
import { REVISION_LABEL } from './ownership.ts'
import { isTree, type ValueTree } from './set-values.ts'

/** Revision whose installation has what all revisions of a namespace share; undefined: nobody has it yet. */
export async function sharingRevision(cluster: InstallCluster, namespace: string): Promise<string | undefined> {
  const citadel = await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'istio-citadel' })
  return citadel?.metadata.labels?.[REVISION_LABEL]
}

/**
 * A second revision uses the certificate authority, mixer and the gateways of the first: they have no revision in their names.
 * Whoever wants otherwise says so in a file or by `--set`.
 */
export function besideOthers(sharing: string | undefined, revision: string): ValueTree {
  return sharing === undefined || sharing === revision ? {} : LEFT_TO_OTHERS
}

const LEFT_TO_OTHERS: ValueTree = {
  citadel: { enabled: false },
  mixer: { policy: { enabled: false }, telemetry: { enabled: false } },
  gateways: { 'istio-ingressgateway': { enabled: false }, 'istio-egressgateway': { enabled: false } },
}

/** Values of a revision that had left the shared components to another one, when it takes them over: all else of its own stays. */
export function takingOver(given: ValueTree, ofOther: ValueTree): ValueTree {
  return valuesOf(given, ofOther, LEFT_TO_OTHERS)
}

/** At the leaves of `places` the values of `other`, or none where it has none. */
function valuesOf(given: ValueTree, other: ValueTree, places: ValueTree): ValueTree {
  const kept = Object.entries(given).filter(([key]) => !Object.hasOwn(places, key))
  const taken = Object.entries(places).flatMap(([key, place]) => {
    if (isTree(place)) return [[key, valuesOf(treeAt(given, key), treeAt(other, key), place)] as const]
    const value = other[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries([...kept, ...taken])
}

function treeAt(tree: ValueTree, key: string): ValueTree {
  const value = tree[key]
  return isTree(value) ? value : {}
}
