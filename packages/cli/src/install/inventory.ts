import type { InstallCluster } from './install-cluster.ts'
import { keyOf, type KubeObject } from './kube-object.ts'
import { COMPONENT_LABEL, MANAGED_BY, NAMESPACE_LABEL, OURSELVES, REVISION_LABEL } from './ownership.ts'
import { INSTALLED_KINDS } from './resource-kinds.ts'
import { inParallel, isDefinition } from './survey.ts'

const SELECTOR = `${MANAGED_BY}=${OURSELVES},app.kubernetes.io/part-of=istio`
/** Where the ConfigMap with the root certificate of a mesh stands in every namespace: made by citadel, not by us. */
const MADE_AT_RUN_TIME = 'run-time'

export interface Inventory {
  /** Of the control plane in the namespace. */
  readonly objects: readonly KubeObject[]
  /** Definitions of kinds: shared by all meshes of the cluster. */
  readonly definitions: readonly KubeObject[]
}

/** Everything of ours that carries our labels, wherever it is: also what an interrupted run left. */
export async function takeInventory(cluster: InstallCluster, namespace: string): Promise<Inventory> {
  const found = (await inParallel(INSTALLED_KINDS, kind => cluster.list(kind, SELECTOR))).flat()
  return {
    objects: found.filter(object => !isDefinition(object) && homeOf(object) === namespace),
    definitions: found.filter(isDefinition),
  }
}

/** Namespace of the mesh that an object belongs to. */
function homeOf({ kind, metadata }: KubeObject): string {
  return metadata.labels?.[NAMESPACE_LABEL] ?? (kind === 'Namespace' ? metadata.name : (metadata.namespace ?? ''))
}

export function ofRevision(objects: readonly KubeObject[], revision: string): readonly KubeObject[] {
  return objects.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === revision)
}

/** What an earlier version of the same revision had and this one has no more. Records and what components made themselves stay. */
export function noLongerRendered(present: readonly KubeObject[], rendered: readonly KubeObject[], revision: string): readonly KubeObject[] {
  const wanted = new Set(rendered.map(textOfKey))
  return ofRevision(present, revision).filter(object => {
    const component = object.metadata.labels?.[COMPONENT_LABEL]
    return component !== undefined && ![RECORD, MADE_AT_RUN_TIME, 'namespace'].includes(component) && !wanted.has(textOfKey(object))
  })
}

/** Component of the records of installations. */
export const RECORD = 'record'

function textOfKey(object: KubeObject): string {
  const { kind, namespace, name } = keyOf(object)
  return `${kind}/${namespace}/${name}`
}

/** Does any mesh of ours, in whatever namespace, still need the definitions? */
export async function otherMeshes(cluster: InstallCluster, namespace: string): Promise<readonly string[]> {
  const deployments = INSTALLED_KINDS.filter(({ kind }) => kind === 'Deployment')
  const found = (await inParallel(deployments, kind => cluster.list(kind, `${SELECTOR},${COMPONENT_LABEL}=pilot`))).flat()
  return [...new Set(found.flatMap(({ metadata }) => metadata.namespace ?? []))].filter(each => each !== namespace)
}
