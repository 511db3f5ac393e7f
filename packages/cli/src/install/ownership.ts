import { fieldsOf, itemsOf, textOf } from '@meshwork/kube/client'
import type { KubeObject } from './kube-object.ts'

/** Who keeps an object as it is. */
export type Owner =
  | { readonly kind: 'us' }
  /** Told in words: `Helm release istio-base (istio-system)`. */
  | { readonly kind: 'other'; readonly name: string }

/** Field manager of everything that meshctl writes. */
export const FIELD_MANAGER = 'meshwork-installer'
export const MANAGED_BY = 'app.kubernetes.io/managed-by'
/** What Release.Service is in charts that meshctl renders. */
export const OURSELVES = 'meshwork'
export const COMPONENT_LABEL = 'install.meshwork.dev/component'
export const NAMESPACE_LABEL = 'install.meshwork.dev/namespace'
export const REVISION_LABEL = 'istio.io/rev'
/** The revision that takes namespaces with istio-injection=enabled, and the tag that does the same for another revision. */
export const DEFAULT_REVISION = 'default'

const US: Owner = { kind: 'us' }

/**
 * Ours is what says so and belongs to the namespace that we install into: two meshes of one cluster leave each other alone.
 * Definitions belong to all of them.
 */
export function ownerOf(live: KubeObject, namespace: string): Owner {
  const labels = live.metadata.labels ?? {}
  if (labels[MANAGED_BY] !== OURSELVES) return { kind: 'other', name: nameOfOwner(live) }
  const home = labels[NAMESPACE_LABEL]
  if (home === undefined || home === namespace) return US
  return { kind: 'other', name: `the mesh in namespace ${home}` }
}

/** The most telling sign first: Helm's annotations, the label everybody uses, who wrote it last. */
function nameOfOwner({ metadata }: KubeObject): string {
  const release = metadata.annotations?.['meta.helm.sh/release-name']
  if (release !== undefined) return `Helm release ${release} (${metadata.annotations?.['meta.helm.sh/release-namespace'] ?? '?'})`
  const label = metadata.labels?.[MANAGED_BY] ?? metadata.labels?.['operator.istio.io/managed']
  if (label !== undefined) return label
  const writers = itemsOf(metadata['managedFields']).map(entry => textOf(fieldsOf(entry)['manager']))
  const writer = writers.findLast(name => name !== '' && name !== 'kube-apiserver')
  return writer === undefined ? 'somebody else' : `whoever wrote it as ${writer}`
}
