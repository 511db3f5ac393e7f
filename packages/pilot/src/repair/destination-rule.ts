import type { ConsistentHash, ObjectOf, PortSettings, TrafficPolicy } from '@meshwork/config/kinds'
import { violation, type Violation } from '@meshwork/core/result'
import { primeFrom } from '../translate/clusters/load-balancer.ts'
import type { Repaired } from './repair.ts'

/** Nothing has to go: what proxies would refuse is translated to what comes nearest. */
export function repairDestinationRule(object: ObjectOf<'DestinationRule'>): Repaired<ObjectOf<'DestinationRule'>> {
  const { trafficPolicy, subsets } = object.spec
  const policies = [
    { path: 'spec.trafficPolicy', policy: trafficPolicy },
    ...subsets.map((subset, i) => ({ path: `spec.subsets[${i}].trafficPolicy`, policy: subset.trafficPolicy })),
  ]
  return { object, findings: policies.flatMap(({ path, policy }) => (policy === undefined ? [] : findingsOf(path, policy))) }
}

function findingsOf(path: string, policy: TrafficPolicy): readonly Violation[] {
  const settings: readonly (readonly [string, PortSettings])[] = [
    [path, policy],
    ...policy.portLevelSettings.map((entry, i) => [`${path}.portLevelSettings[${i}]`, entry] as const),
  ]
  return [
    ...tunnelFinding(`${path}.tunnel`, policy.tunnel),
    ...settings.flatMap(([at, { loadBalancer }]) => tableFinding(`${at}.loadBalancer.consistentHash.maglev`, loadBalancer?.consistentHash)),
  ]
}

/** Envoy tunnels by POST too; our own proxies refuse such connections rather than make them without the tunnel. */
function tunnelFinding(path: string, tunnel: TrafficPolicy['tunnel']): readonly Violation[] {
  if (tunnel?.protocol?.toUpperCase() !== 'POST') return []
  return [
    violation(path, 'not-supported', 'POST is for Envoy only: other proxies refuse TCP connections to this host; CONNECT works with both'),
  ]
}

function tableFinding(path: string, hash: ConsistentHash | undefined): readonly Violation[] {
  const size = hash?.maglev?.tableSize ?? 0
  const used = primeFrom(size)
  return size === 0 || used === size
    ? []
    : [violation(`${path}.tableSize`, 'not-a-prime', `${size} is not a prime number; ${used} is used`)]
}
