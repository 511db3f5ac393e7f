import type { ObjectOf, TrafficPolicy } from '@meshwork/config/kinds'
import { violation, type Violation } from '@meshwork/core/result'
import type { Repaired } from './repair.ts'

/** Nothing has to go; what one of the two data planes cannot do is told. */
export function repairDestinationRule(object: ObjectOf<'DestinationRule'>): Repaired<ObjectOf<'DestinationRule'>> {
  const { trafficPolicy, subsets } = object.spec
  const policies = [
    { path: 'spec.trafficPolicy', policy: trafficPolicy },
    ...subsets.map((subset, i) => ({ path: `spec.subsets[${i}].trafficPolicy`, policy: subset.trafficPolicy })),
  ]
  return { object, findings: policies.flatMap(({ path, policy }) => tunnelFinding(`${path}.tunnel`, policy?.tunnel)) }
}

/** Envoy tunnels by POST too; our own proxies refuse such connections rather than make them without the tunnel. */
function tunnelFinding(path: string, tunnel: TrafficPolicy['tunnel']): readonly Violation[] {
  if (tunnel?.protocol?.toUpperCase() !== 'POST') return []
  return [
    violation(path, 'not-supported', 'POST is for Envoy only: other proxies refuse TCP connections to this host; CONNECT works with both'),
  ]
}
