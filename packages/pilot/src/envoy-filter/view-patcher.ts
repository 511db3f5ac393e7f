import type { PatchContext } from '@meshwork/config/kinds'
import { violation } from '@meshwork/core/result'
import { CLUSTER_TYPE, EXTENSION_CONFIG_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { type Generated, type GeneratedView, sealed } from '../push/generated-view.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ViewFinding } from '../view/view-finding.ts'
import type { ViewIdentity } from '../view/view-identity.ts'
import { type CompiledPatch, patchesOf, type PatchProblem } from './compiled-patch.ts'
import { addedClusters, patchCluster } from './patch-clusters.ts'
import { patchListener } from './patch-listener.ts'
import { type Failed, patchRouteTable } from './patch-routes.ts'
import { PATCHED_TYPES, type PatchedPlace, type PatchedTypes } from './patch-types.ts'
import { selectPatches } from './select-patches.ts'

interface Patched {
  readonly patches: readonly CompiledPatch[]
  readonly result: Generated | null
  readonly problems: readonly PatchProblem[]
}

/**
 * Applies EnvoyFilters to generated views. What a resource became under certain patches is kept for as long as the resource is,
 * so a push patches only what changed. State: that memory, and what failed while one view is patched; owned by the push loop.
 */
export class ViewPatcher {
  private readonly known = new WeakMap<Generated, Patched>()
  private readonly added = new WeakMap<CompiledPatch, Generated>()
  private readonly failures: PatchProblem[] = []

  patch(view: GeneratedView, identity: ViewIdentity, context: PatchContext, snapshot: MeshSnapshot): GeneratedView {
    if (snapshot.envoyFilters.length === 0) return view
    const patches = selectPatches(snapshot, identity, context)
    if (patches.length === 0) return view
    this.failures.length = 0
    const facts = { ownPorts: identity.ownPorts.map(own => ({ ...own, portName: own.service.name })) }
    const listeners = this.each(view.listeners, 'LISTENER', LISTENER_TYPE, patches, (message, failed) =>
      patchListener(message, { patches, context, facts, failed }),
    )
    const routes = this.each(view.routes, 'ROUTE_CONFIGURATION', ROUTE_TYPE, patches, (message, failed) =>
      patchRouteTable(message, patches, context, failed),
    )
    const clusters = this.each(view.clusters, 'CLUSTER', CLUSTER_TYPE, patches, (message, failed) => patchCluster(message, patches, failed))
    const adds = patchesOf(patches, 'LISTENER').filter(({ operation }) => operation === 'ADD')
    return {
      ...view,
      routes,
      clusters: this.withAdded(clusters, addedClusters(patches), context, CLUSTER_TYPE),
      listeners: this.withAdded(listeners, adds, context, LISTENER_TYPE),
      extensions: this.withAdded(view.extensions, patchesOf(patches, 'EXTENSION_CONFIG'), context, EXTENSION_CONFIG_TYPE),
      findings: [...view.findings, ...this.failures.map(findingOf)],
    }
  }

  private each<P extends PatchedPlace>(
    resources: readonly Generated<PatchedTypes[P]>[],
    place: P,
    typeUrl: string,
    patches: readonly CompiledPatch[],
    change: (message: PatchedTypes[P], failed: Failed) => PatchedTypes[P] | null,
  ): readonly Generated<PatchedTypes[P]>[] {
    return resources.flatMap(resource => {
      const known = this.known.get(resource)
      const isKnown = known !== undefined && sameItems(known.patches, patches)
      const patched = isKnown ? known : this.apply(resource, place, typeUrl, patches, change)
      this.known.set(resource, patched)
      this.failures.push(...patched.problems)
      // What is kept for a resource has its type, but a map of all of them cannot say so.
      const result = patched.result as Generated<PatchedTypes[P]> | null
      return result === null ? [] : [result]
    })
  }

  private apply<P extends PatchedPlace>(
    resource: Generated<PatchedTypes[P]>,
    place: P,
    typeUrl: string,
    patches: readonly CompiledPatch[],
    change: (message: PatchedTypes[P], failed: Failed) => PatchedTypes[P] | null,
  ): Patched {
    const problems: PatchProblem[] = []
    const failed: Failed = ({ origin, label, path }, reason) =>
      problems.push({ origin, label, path, message: `${resource.resource.name}: ${reason}` })
    const message = change(resource.message, failed)
    if (message === resource.message) return { patches, result: resource, problems }
    const origins = [...resource.origins, ...patches.map(patch => patch.origin)]
    const result = message === null ? null : sealed(typeUrl, resource.resource.name, message, PATCHED_TYPES[place].codec, origins)
    return { patches, result, problems }
  }

  /** Added resources; a name that is there already keeps what it has. Patches for any side are added on the outer one only. */
  private withAdded<P extends 'CLUSTER' | 'LISTENER' | 'EXTENSION_CONFIG'>(
    resources: readonly Generated<PatchedTypes[P]>[],
    patches: readonly CompiledPatch<P>[],
    context: PatchContext,
    typeUrl: string,
  ): readonly Generated<PatchedTypes[P]>[] {
    const names = new Set(resources.map(({ resource }) => resource.name))
    const more: Generated<PatchedTypes[P]>[] = []
    for (const patch of patches) {
      if (patch.operation !== 'ADD' || patch.value === null || (patch.match.context === 'ANY' && context === 'SIDECAR_INBOUND')) continue
      const { name } = patch.value
      if (name === '' || names.has(name)) {
        const message = name === '' ? 'the value has no name' : `there is a '${name}' already`
        this.failures.push({ origin: patch.origin, label: patch.label, path: patch.path, message })
        continue
      }
      names.add(name)
      more.push(this.addition(patch, patch.value, typeUrl))
    }
    return more.length === 0 ? resources : [...resources, ...more]
  }

  private addition<P extends 'CLUSTER' | 'LISTENER' | 'EXTENSION_CONFIG'>(
    patch: CompiledPatch<P>,
    value: PatchedTypes[P],
    typeUrl: string,
  ): Generated<PatchedTypes[P]> {
    const known = this.added.get(patch) as Generated<PatchedTypes[P]> | undefined
    const made = known ?? sealed<PatchedTypes[P]>(typeUrl, value.name, value, PATCHED_TYPES[patch.place].codec, [patch.origin])
    this.added.set(patch, made)
    return made
  }
}

function findingOf({ origin, path, message }: PatchProblem): ViewFinding {
  return { origin, violation: violation(path, 'left-out', message) }
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
