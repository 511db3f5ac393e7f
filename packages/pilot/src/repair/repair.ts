import { type ConfigObject, isKind, type ObjectOf } from '@meshwork/config/kinds'
import { violation, type Violation } from '@meshwork/core/result'
import { repairEnvoyFilter } from './envoy-filter.ts'
import { repairGateway } from './gateway.ts'
import { repairRequestAuthentication } from './request-authentication.ts'
import { repairVirtualService } from './virtual-service.ts'

/** An object without the parts that a proxy would refuse, and what was left out of it. */
export interface Repaired<O extends ConfigObject = ConfigObject> {
  /** The object itself if nothing was left out. */
  readonly object: O
  readonly findings: readonly Violation[]
}

/**
 * Validation accepts what Istio accepts, and that includes parts for which a proxy refuses the whole resource, with everything
 * else in it. Such parts are left out before anything is made of the object; status tells which.
 */
export function repair(object: ConfigObject): Repaired {
  if (isKind(object, 'VirtualService')) return repairVirtualService(object)
  if (isKind(object, 'Gateway')) return repairGateway(object)
  if (isKind(object, 'RequestAuthentication')) return repairRequestAuthentication(object)
  if (isKind(object, 'EnvoyFilter')) return repairEnvoyFilter(object)
  return { object, findings: [] }
}

/** Envoy tunnels by POST too; our own proxies refuse such connections rather than make them without the tunnel. */
function tunnelFindings({ spec }: ObjectOf<'DestinationRule'>): readonly Violation[] {
  const policies = [
    { path: 'spec.trafficPolicy.tunnel', tunnel: spec.trafficPolicy?.tunnel },
    ...spec.subsets.map((subset, i) => ({ path: `spec.subsets[${i}].trafficPolicy.tunnel`, tunnel: subset.trafficPolicy?.tunnel })),
  ]
  return policies
    .filter(({ tunnel }) => tunnel?.protocol?.toUpperCase() === 'POST')
    .map(({ path }) =>
      violation(
        path,
        'not-supported',
        'POST is for Envoy only: other proxies refuse TCP connections to this host; CONNECT works with both',
      ),
    )
}
