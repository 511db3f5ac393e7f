import type { Rule } from './finding.ts'
import { conflictingGateways } from './rules/conflicting-gateways.ts'
import { conflictingMeshHosts } from './rules/conflicting-mesh-hosts.ts'
import { emptySubset, tlsWithoutRoot, tlsWithoutRootOnPort, unknownDestinationHost } from './rules/destination-rules.ts'
import { hostNotInGateway } from './rules/host-not-in-gateway.ts'
import { portName } from './rules/port-name.ts'
import { portSelectorRequired } from './rules/port-selector-required.ts'
import { referencedResourceNotFound } from './rules/referenced-resource-not-found.ts'
import { ineffectiveMatch, unreachableRoute } from './rules/route-matches.ts'
import { conflictingSidecarSelectors, multipleSidecarsWithoutSelector } from './rules/sidecar-conflicts.ts'

/** Every rule, by code. */
export const RULES: readonly Rule[] = [
  referencedResourceNotFound,
  conflictingMeshHosts,
  conflictingSidecarSelectors,
  multipleSidecarsWithoutSelector,
  portSelectorRequired,
  portName,
  tlsWithoutRoot,
  tlsWithoutRootOnPort,
  unreachableRoute,
  ineffectiveMatch,
  hostNotInGateway,
  conflictingGateways,
  emptySubset,
  unknownDestinationHost,
]
