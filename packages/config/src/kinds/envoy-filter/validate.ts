import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkSelector } from '../rules/naming.ts'
import type { AddedFilter, ConfigPatch, EnvoyFilterSpec, PatchPlace } from './type.ts'

export function validateEnvoyFilter(spec: EnvoyFilterSpec): readonly Violation[] {
  return [
    ...checkSelector('spec.workloadSelector.labels', spec.workloadSelector?.labels ?? {}),
    ...bothSelections(spec),
    ...spec.configPatches.flatMap((patch, i) => validatePatch(joinPath('spec.configPatches', i), patch)),
    ...spec.filters.flatMap((filter, i) => validateFilter(joinPath('spec.filters', i), filter)),
  ]
}

/** Patches that have no effect here. */
export function warnEnvoyFilter(spec: EnvoyFilterSpec): readonly Violation[] {
  return spec.configPatches.flatMap((patch, i) => withoutEffect(`spec.configPatches[${i}]`, patch))
}

function withoutEffect(path: string, { applyTo, match }: ConfigPatch): readonly Violation[] {
  if (applyTo === 'BOOTSTRAP')
    return [violation(`${path}.applyTo`, 'not-supported', 'bootstraps are made before a proxy knows the control plane')]
  return match.context === 'WAYPOINT' ? [violation(`${path}.match.context`, 'not-supported', 'this mesh has no waypoints')] : []
}

function bothSelections({ workloadSelector, targetRefs }: EnvoyFilterSpec): readonly Violation[] {
  if (workloadSelector === undefined || targetRefs.length === 0) return []
  return [violation('spec.targetRefs', 'conflict', 'cannot be set together with workloadSelector')]
}

const OBJECTS: Readonly<Partial<Record<PatchPlace, 'listener' | 'routeConfiguration' | 'cluster'>>> = {
  LISTENER: 'listener',
  FILTER_CHAIN: 'listener',
  NETWORK_FILTER: 'listener',
  HTTP_FILTER: 'listener',
  LISTENER_FILTER: 'listener',
  ROUTE_CONFIGURATION: 'routeConfiguration',
  VIRTUAL_HOST: 'routeConfiguration',
  HTTP_ROUTE: 'routeConfiguration',
  CLUSTER: 'cluster',
}

function validatePatch(path: string, { applyTo, match, patch }: ConfigPatch): readonly Violation[] {
  if (applyTo === 'INVALID') return [violation(`${path}.applyTo`, 'missing-field', 'is required')]
  if (patch === undefined) return [violation(`${path}.patch`, 'missing-field', 'is required')]
  const violations: Violation[] = []
  if (patch.operation === 'INVALID') violations.push(violation(`${path}.patch.operation`, 'missing-field', 'is required'))
  else if (patch.operation !== 'REMOVE' && patch.value === undefined)
    violations.push(violation(`${path}.patch.value`, 'missing-field', `is required for ${patch.operation}`))
  const wanted = OBJECTS[applyTo]
  if (wanted !== undefined) {
    for (const other of ['listener', 'routeConfiguration', 'cluster'] as const)
      if (other !== wanted && match[other] !== undefined)
        violations.push(
          violation(`${path}.match.${other}`, 'wrong-match', `has no place in a patch of ${applyTo}`, `write match.${wanted}`),
        )
  }
  return [...violations, ...validateListenerMatch(path, { applyTo, match }), ...validateVersion(path, match)]
}

function validateListenerMatch(path: string, { applyTo, match }: ConfigPatch): readonly Violation[] {
  const filter = match.listener?.filterChain?.filter
  if (filter === undefined || (applyTo !== 'NETWORK_FILTER' && applyTo !== 'HTTP_FILTER') || (filter.name ?? '') !== '') return []
  const place = `${path}.match.listener.filterChain.filter.name`
  return [violation(place, 'missing-field', 'is required beside the rest of filter')]
}

function validateVersion(path: string, { proxy }: ConfigPatch['match']): readonly Violation[] {
  try {
    if (proxy?.proxyVersion !== undefined) new RegExp(proxy.proxyVersion)
    return []
  } catch {
    return [violation(`${path}.match.proxy.proxyVersion`, 'bad-regex', `'${proxy?.proxyVersion}' is not a regular expression`)]
  }
}

/** Istio 1.0, traffic.md 1.5. */
function validateFilter(path: string, filter: AddedFilter): readonly Violation[] {
  const violations: Violation[] = []
  const { index, relativeTo } = filter.insertPosition
  if (filter.filterType === 'INVALID') violations.push(violation(`${path}.filterType`, 'missing-field', 'must be HTTP or NETWORK'))
  if (filter.filterName === '') violations.push(violation(`${path}.filterName`, 'missing-field', 'is required'))
  if (filter.filterConfig === undefined) violations.push(violation(`${path}.filterConfig`, 'missing-field', 'is required'))
  if ((index === 'BEFORE' || index === 'AFTER') && (relativeTo ?? '') === '')
    violations.push(violation(`${path}.insertPosition.relativeTo`, 'missing-field', `is required for ${index}`))
  return violations
}
