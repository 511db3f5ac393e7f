import { HealthStatus } from '@meshwork/protos/envoy/config/core/v3/health_check'
import type { Locality } from '@meshwork/protos/envoy/config/core/v3/base'
import type { ClusterLoadAssignment, ClusterLoadAssignment_Policy } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import type {
  Endpoint,
  Endpoint_HealthCheckConfig,
  LbEndpoint,
  LocalityLbEndpoints,
} from '@meshwork/protos/envoy/config/endpoint/v3/endpoint_components'
import type { EndpointConfig, EndpointHealth, LoadAssignment } from '../model/cluster.ts'
import type { EndpointCheckConfig } from '../model/health-check.ts'
import { decodeAddress } from './address.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { filterMetadata, partsPerMillion } from './scalars.ts'

const FIELDS: FieldPolicy<ClusterLoadAssignment> = { read: ['clusterName', 'endpoints', 'policy'], harmless: [] }
const POLICY_FIELDS: FieldPolicy<ClusterLoadAssignment_Policy> = {
  read: ['overprovisioningFactor', 'weightedPriorityHealth', 'dropOverloads'],
  // Endpoints are kept when the control plane is gone: the last known are better than none.
  harmless: ['endpointStaleAfter'],
}
const LOCALITY_FIELDS: FieldPolicy<LocalityLbEndpoints> = {
  read: ['locality', 'lbEndpoints', 'priority', 'loadBalancingWeight'],
  harmless: ['proximity', 'metadata'],
}
const LB_ENDPOINT_FIELDS: FieldPolicy<LbEndpoint> = {
  read: ['hostIdentifier', 'healthStatus', 'metadata', 'loadBalancingWeight'],
  harmless: [],
}
const ENDPOINT_FIELDS: FieldPolicy<Endpoint> = { read: ['address', 'hostname', 'healthCheckConfig'], harmless: [] }

/** Overprovisioning of 140 percent unless set (Policy.overprovisioning_factor). */
export const EMPTY_ASSIGNMENT: Omit<LoadAssignment, 'clusterName'> = {
  endpoints: [],
  overprovisioning: 140,
  weightedHealth: false,
  dropShare: 0,
}

/** Priorities that may be used (LocalityLbEndpoints.priority). */
const HIGHEST_PRIORITY = 128

/** `allowNames`: for clusters whose hosts DNS resolves. */
export function decodeLoadAssignment(load: ClusterLoadAssignment, allowNames: boolean, report: Report): LoadAssignment {
  refuseOtherFields(load, FIELDS, report)
  const { policy } = load
  if (policy !== undefined) refuseOtherFields(policy, POLICY_FIELDS, report.at('policy'))
  const endpoints = load.endpoints.flatMap((group, i) => decodeLocality(group, allowNames, report.at('endpoints', i)))
  const overprovisioning = policy?.overprovisioningFactor ?? EMPTY_ASSIGNMENT.overprovisioning
  if (overprovisioning === 0) report.at('policy', 'overprovisioning_factor').refuse('bad-percent', 'must be more than 0')
  return {
    clusterName: load.clusterName,
    endpoints,
    overprovisioning,
    weightedHealth: policy?.weightedPriorityHealth ?? false,
    dropShare: dropShareOf(policy, report),
  }
}

/** One category only, as Envoy has it. */
function dropShareOf(policy: ClusterLoadAssignment_Policy | undefined, report: Report): number {
  const drops = policy?.dropOverloads ?? []
  if (drops.length > 1) report.at('policy', 'drop_overloads').refuse('too-many', 'may have one category only')
  const percentage = drops[0]?.dropPercentage
  return percentage === undefined ? 0 : partsPerMillion(percentage) / 1_000_000
}

function decodeLocality(group: LocalityLbEndpoints, allowNames: boolean, report: Report): readonly EndpointConfig[] {
  refuseOtherFields(group, LOCALITY_FIELDS, report)
  if (group.priority > HIGHEST_PRIORITY) report.at('priority').refuse('bad-priority', `must be at most ${HIGHEST_PRIORITY}`)
  const locality = {
    priority: Math.min(group.priority, HIGHEST_PRIORITY),
    locality: localityText(group.locality),
    localityWeight: group.loadBalancingWeight ?? 0,
  }
  return group.lbEndpoints.map((endpoint, i): EndpointConfig => {
    const inner = report.at('lb_endpoints', i)
    refuseOtherFields(endpoint, LB_ENDPOINT_FIELDS, inner)
    if (endpoint.hostIdentifier?.$case === 'endpointName') inner.at('endpoint_name').refuse('unsupported-field', 'is not supported')
    const host = endpoint.hostIdentifier?.$case === 'endpoint' ? endpoint.hostIdentifier.value : undefined
    if (host !== undefined) refuseOtherFields(host, ENDPOINT_FIELDS, inner.at('endpoint'))
    return {
      ...locality,
      address: decodeAddress(host?.address, allowNames, inner.at('endpoint', 'address')),
      weight: endpoint.loadBalancingWeight ?? 1,
      health: HEALTH.get(endpoint.healthStatus) ?? 'unknown',
      hostname: host?.hostname ?? '',
      check: decodeCheck(host?.healthCheckConfig, inner.at('endpoint', 'health_check_config')),
      metadata: filterMetadata(endpoint.metadata),
    }
  })
}

function decodeCheck(check: Endpoint_HealthCheckConfig | undefined, report: Report): EndpointCheckConfig | null {
  if (check === undefined) return null
  if (check.portValue > 65_535) report.at('port_value').refuse('bad-port', 'must be a port number')
  return {
    port: check.portValue,
    hostname: check.hostname,
    address: check.address === undefined ? null : decodeAddress(check.address, false, report.at('address')),
    disabled: check.disableActiveHealthCheck,
  }
}

/** `region/zone/subzone`, without trailing empty parts. */
function localityText(locality: Locality | undefined): string {
  const parts = [locality?.region ?? '', locality?.zone ?? '', locality?.subZone ?? '']
  while (parts.at(-1) === '') parts.pop()
  return parts.join('/')
}

const HEALTH: ReadonlyMap<number, EndpointHealth> = new Map([
  [HealthStatus.UNKNOWN, 'unknown'],
  [HealthStatus.HEALTHY, 'healthy'],
  [HealthStatus.DEGRADED, 'degraded'],
  [HealthStatus.UNHEALTHY, 'unhealthy'],
  [HealthStatus.DRAINING, 'draining'],
  [HealthStatus.TIMEOUT, 'timeout'],
])
