import type { Labels, TargetReference, WorkloadSelector } from '@meshwork/config/kinds'
import { hasLabels } from '../translate/routes/static-match.ts'

/** Label by which Istio knows the proxies that it started for a Gateway of the Gateway API. */
const GATEWAY_NAME_LABEL = 'gateway.networking.k8s.io/gateway-name'

export interface PolicyTarget {
  readonly kind: 'sidecar' | 'router'
  readonly namespace: string
  readonly labels: Labels
}

interface Policy {
  readonly meta: { readonly namespace: string }
  readonly spec: { readonly selector?: WorkloadSelector; readonly targetRefs: readonly TargetReference[] }
}

/** Of the policies those that are for a workload: of its own and the root namespace, by labels or by reference. The order stays. */
export function policiesFor<P extends Policy>(policies: readonly P[], rootNamespace: string, target: PolicyTarget): readonly P[] {
  return policies.filter(({ meta, spec }) => {
    if (meta.namespace !== target.namespace && meta.namespace !== rootNamespace) return false
    if (spec.targetRefs.length === 0) return hasLabels(target.labels, spec.selector?.matchLabels ?? {})
    return target.kind === 'router' && spec.targetRefs.some(reference => isGatewayOf(reference, meta.namespace, target))
  })
}

/** Services and ServiceEntries as targets concern waypoints, which are not part of this mesh. */
function isGatewayOf({ group, kind, name }: TargetReference, namespace: string, target: PolicyTarget): boolean {
  return (
    group === 'gateway.networking.k8s.io' &&
    kind === 'Gateway' &&
    namespace === target.namespace &&
    target.labels[GATEWAY_NAME_LABEL] === name
  )
}
