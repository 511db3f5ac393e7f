import type { Labels, ObjectOf } from '@meshwork/config/kinds'
import { hasLabels } from '../translate/routes/static-match.ts'

/** The Sidecar object of a workload: one that selects it, else its namespace's, else the mesh's; the oldest of equals. */
export function sidecarFor(
  sidecars: readonly ObjectOf<'Sidecar'>[],
  rootNamespace: string,
  workload: { readonly namespace: string; readonly labels: Labels },
): ObjectOf<'Sidecar'> | undefined {
  const inNamespace = sidecars.filter(sidecar => sidecar.meta.namespace === workload.namespace)
  return (
    inNamespace.find(sidecar => isSelective(sidecar) && hasLabels(workload.labels, sidecar.spec.workloadSelector?.labels ?? {})) ??
    inNamespace.find(sidecar => !isSelective(sidecar)) ??
    sidecars.find(sidecar => sidecar.meta.namespace === rootNamespace && !isSelective(sidecar))
  )
}

function isSelective(sidecar: ObjectOf<'Sidecar'>): boolean {
  return Object.keys(sidecar.spec.workloadSelector?.labels ?? {}).length > 0
}
