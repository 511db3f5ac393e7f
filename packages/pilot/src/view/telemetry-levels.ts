import type { ObjectOf, TelemetrySpec, WorkloadMode } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { hasLabels } from '../translate/routes/static-match.ts'
import { policiesFor, type PolicyTarget } from './policies-for.ts'

/** Which end of a connection a proxy is. Gateways send on what they get, so they are clients. */
export type TelemetryEnd = 'CLIENT' | 'SERVER'

/** What is said for a workload, from the widest to the narrowest: mesh, namespace, workload; of several alike the oldest counts. */
export function telemetryLevels(target: PolicyTarget, snapshot: MeshSnapshot): readonly TelemetrySpec[] {
  const { rootNamespace } = snapshot.mesh
  const chosen = policiesFor(snapshot.telemetries, rootNamespace, target)
  const mesh = chosen.find(object => object.meta.namespace === rootNamespace && isWide(object))
  const namespace = chosen.find(object => object.meta.namespace === target.namespace && object !== mesh && isWide(object))
  const workload = chosen.find(
    object =>
      object.meta.namespace === target.namespace && !isWide(object) && hasLabels(target.labels, object.spec.selector?.matchLabels ?? {}),
  )
  return [mesh, namespace, workload].flatMap(object => (object === undefined ? [] : [object.spec]))
}

function isWide({ spec }: ObjectOf<'Telemetry'>): boolean {
  return spec.targetRefs.length === 0 && Object.keys(spec.selector?.matchLabels ?? {}).length === 0
}

/** Whether an entry for `mode` is for this end. */
export function isForEnd(mode: WorkloadMode, end: TelemetryEnd): boolean {
  return mode === 'CLIENT_AND_SERVER' || mode === end
}
