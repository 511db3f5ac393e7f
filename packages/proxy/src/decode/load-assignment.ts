import { HealthStatus } from '@meshwork/protos/envoy/config/core/v3/health_check'
import type { Locality } from '@meshwork/protos/envoy/config/core/v3/base'
import type { ClusterLoadAssignment, ClusterLoadAssignment_Policy } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import type { Endpoint, LbEndpoint, LocalityLbEndpoints } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint_components'
import type { EndpointConfig, LoadAssignment } from '../model/cluster.ts'
import { decodeAddress } from './address.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { filterMetadata } from './scalars.ts'

const FIELDS: FieldPolicy<ClusterLoadAssignment> = { read: ['clusterName', 'endpoints', 'policy'], harmless: [] }
const POLICY_FIELDS: FieldPolicy<ClusterLoadAssignment_Policy> = {
  read: [],
  // How early traffic spills to the next priority: ours spills when a priority has no healthy host.
  harmless: ['overprovisioningFactor', 'weightedPriorityHealth', 'endpointStaleAfter'],
}
const LOCALITY_FIELDS: FieldPolicy<LocalityLbEndpoints> = {
  read: ['locality', 'lbEndpoints', 'priority'],
  // Weights of localities count only with locality-weighted balancing, which clusters refuse.
  harmless: ['loadBalancingWeight', 'proximity', 'metadata'],
}
const LB_ENDPOINT_FIELDS: FieldPolicy<LbEndpoint> = {
  read: ['hostIdentifier', 'healthStatus', 'metadata', 'loadBalancingWeight'],
  harmless: [],
}
const ENDPOINT_FIELDS: FieldPolicy<Endpoint> = { read: ['address'], harmless: ['hostname', 'healthCheckConfig'] }

/** `allowNames`: for clusters whose hosts DNS resolves. */
export function decodeLoadAssignment(load: ClusterLoadAssignment, allowNames: boolean, report: Report): LoadAssignment {
  refuseOtherFields(load, FIELDS, report)
  if (load.policy !== undefined) refuseOtherFields(load.policy, POLICY_FIELDS, report.at('policy'))
  const endpoints = load.endpoints.flatMap((group, i) => decodeLocality(group, allowNames, report.at('endpoints', i)))
  return { clusterName: load.clusterName, endpoints }
}

function decodeLocality(group: LocalityLbEndpoints, allowNames: boolean, report: Report): readonly EndpointConfig[] {
  refuseOtherFields(group, LOCALITY_FIELDS, report)
  const locality = localityText(group.locality)
  return group.lbEndpoints.map((endpoint, i): EndpointConfig => {
    const inner = report.at('lb_endpoints', i)
    refuseOtherFields(endpoint, LB_ENDPOINT_FIELDS, inner)
    const host = endpoint.hostIdentifier?.$case === 'endpoint' ? endpoint.hostIdentifier.value : undefined
    if (host !== undefined) refuseOtherFields(host, ENDPOINT_FIELDS, inner.at('endpoint'))
    return {
      address: decodeAddress(host?.address, allowNames, inner.at('endpoint', 'address')),
      weight: endpoint.loadBalancingWeight ?? 1,
      priority: group.priority,
      locality,
      healthy: isUsable(endpoint.healthStatus),
      metadata: filterMetadata(endpoint.metadata),
    }
  })
}

/** `region/zone/subzone`, without trailing empty parts. */
function localityText(locality: Locality | undefined): string {
  const parts = [locality?.region ?? '', locality?.zone ?? '', locality?.subZone ?? '']
  while (parts.at(-1) === '') parts.pop()
  return parts.join('/')
}

function isUsable(status: HealthStatus): boolean {
  return status === HealthStatus.UNKNOWN || status === HealthStatus.HEALTHY || status === HealthStatus.DEGRADED
}
