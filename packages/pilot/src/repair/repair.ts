import { type ConfigObject, isKind } from '@meshwork/config/kinds'
import type { Violation } from '@meshwork/core/result'
import { repairDestinationRule } from './destination-rule.ts'
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
  if (isKind(object, 'DestinationRule')) return repairDestinationRule(object)
  if (isKind(object, 'EnvoyFilter')) return repairEnvoyFilter(object)
  return { object, findings: [] }
}
