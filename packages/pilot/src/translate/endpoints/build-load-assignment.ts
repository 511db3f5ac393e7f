import { isIP } from 'node:net'
import type { ServiceEndpoint } from '@meshwork/config/registry'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { LbEndpoint, LocalityLbEndpoints } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint_components'
import { endpointAddress } from '../envoy/address.ts'
import type { EndpointInputs, LoadAssignmentInputs } from './inputs.ts'
import { type EndpointGroup, groupEndpoints } from './locality-order.ts'

/** Endpoints grouped by locality and priority, each with what the cluster needs to choose its transport. */
export function buildLoadAssignment(inputs: LoadAssignmentInputs): ClusterLoadAssignment {
  return ClusterLoadAssignment.fromPartial({
    clusterName: inputs.cluster,
    endpoints: groupEndpoints(inputs.endpoints, inputs.caller).map(localityEndpoints),
  })
}

/**
 * As `buildLoadAssignment`, for EDS, which knows addresses only: proxies refuse the whole assignment for one name. A name gets here
 * where a ServiceEntry with DNS declares the host of a service that has addresses.
 */
export function buildEdsAssignment(inputs: LoadAssignmentInputs): ClusterLoadAssignment {
  const endpoints = inputs.endpoints.filter(({ endpoint: { address } }) => isIP(address) !== 0 || /^(?:unix:|\/)/.test(address))
  return buildLoadAssignment({ ...inputs, endpoints })
}

function localityEndpoints({ locality: { region, zone, subzone }, endpoints, priority, weight }: EndpointGroup): LocalityLbEndpoints {
  const known = region !== '' || zone !== '' || subzone !== ''
  return LocalityLbEndpoints.fromPartial({
    ...(known ? { locality: { region, zone, subZone: subzone } } : {}),
    lbEndpoints: endpoints.map(lbEndpoint),
    loadBalancingWeight: weight,
    priority,
  })
}

function lbEndpoint({ endpoint, mutualTls }: EndpointInputs): LbEndpoint {
  return LbEndpoint.fromPartial({
    hostIdentifier: { $case: 'endpoint', value: { address: endpointAddress(endpoint.address, endpoint.port) } },
    loadBalancingWeight: endpoint.weight,
    metadata: { filterMetadata: endpointMetadata(endpoint, mutualTls) },
  })
}

/** `tlsMode` selects the cluster's transport socket; `workload` is what telemetry calls the endpoint: name;namespace;app;version;cluster. */
function endpointMetadata(endpoint: ServiceEndpoint, mutualTls: boolean): Record<string, Record<string, string>> {
  const { labels, workload } = endpoint
  const parts = [workload?.name ?? '', workload?.namespace ?? endpoint.namespace, labels['app'] ?? '', labels['version'] ?? '', '']
  return {
    istio: { workload: parts.join(';') },
    ...(mutualTls ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}),
  }
}
