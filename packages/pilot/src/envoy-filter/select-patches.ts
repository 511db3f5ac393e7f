import type { ObjectOf, PatchContext, PatchMatch } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { hasLabels } from '../translate/routes/static-match.ts'
import type { ViewIdentity } from '../view/view-identity.ts'
import { VERSION_FACT } from '../view/node-facts.ts'
import type { CompiledPatch } from './compiled-patch.ts'
import { compilePatches } from './compile-patches.ts'

type EnvoyFilter = ObjectOf<'EnvoyFilter'>

/** The patches for one side of a proxy, in the order in which they are applied. */
export function selectPatches(snapshot: MeshSnapshot, identity: ViewIdentity, context: PatchContext): readonly CompiledPatch[] {
  const { rootNamespace } = snapshot.mesh
  return snapshot.envoyFilters
    .filter(object => selects(object, identity, rootNamespace))
    .toSorted((a, b) => order(a, b, rootNamespace))
    .flatMap(object => compilePatches(object).patches)
    .filter(({ match }) => (match.context === 'ANY' || match.context === context) && matchesProxy(match.proxy, identity))
}

/** Objects of 1.0's form reach workloads of every namespace. References to objects of other kinds select no proxy of this mesh. */
function selects({ meta, spec }: EnvoyFilter, identity: ViewIdentity, rootNamespace: string): boolean {
  if (spec.targetRefs.length > 0) return false
  const isLegacy = spec.configPatches.length === 0 && spec.filters.length > 0
  if (!isLegacy && meta.namespace !== rootNamespace && meta.namespace !== identity.namespace) return false
  return hasLabels(identity.labels, spec.workloadSelector?.labels ?? {}) && hasLabels(identity.labels, spec.workloadLabels)
}

/** By priority; of equals those of the root namespace first, then by age and name (the objects come in that order). */
function order(a: EnvoyFilter, b: EnvoyFilter, rootNamespace: string): number {
  if (a.spec.priority !== b.spec.priority) return a.spec.priority - b.spec.priority
  return Number(b.meta.namespace === rootNamespace) - Number(a.meta.namespace === rootNamespace)
}

function matchesProxy(proxy: PatchMatch['proxy'], { nodeFacts }: ViewIdentity): boolean {
  if (proxy === undefined) return true
  if (proxy.proxyVersion !== undefined && proxy.proxyVersion !== '') {
    const version = nodeFacts[VERSION_FACT]
    if (version === undefined || !new RegExp(proxy.proxyVersion).test(version)) return false
  }
  return hasLabels(nodeFacts, proxy.metadata)
}
