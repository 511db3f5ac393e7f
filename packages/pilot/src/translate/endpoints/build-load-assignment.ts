import type { ServiceEndpoint } from '@meshwork/config/registry'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { LbEndpoint, LocalityLbEndpoints } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint_components'
import { endpointAddress } from '../envoy/address.ts'
import type { EndpointInputs, LoadAssignmentInputs } from './inputs.ts'

/** Endpoints grouped by locality, each with what the cluster needs to choose its transport. */
export function buildLoadAssignment(inputs: LoadAssignmentInputs): ClusterLoadAssignment {
  const groups = new Map<string, EndpointInputs[]>()
  for (const entry of inputs.endpoints) {
    const { region, zone, subzone } = entry.endpoint.locality
    const key = `${region}/${zone}/${subzone}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [entry])
    else group.push(entry)
  }
  return ClusterLoadAssignment.fromPartial({
    clusterName: inputs.cluster,
    endpoints: [...groups.values()].map(localityEndpoints),
  })
}

function localityEndpoints(group: readonly EndpointInputs[]): LocalityLbEndpoints {
  const { region = '', zone = '', subzone = '' } = group[0]?.endpoint.locality ?? {}
  const known = region !== '' || zone !== '' || subzone !== ''
  return LocalityLbEndpoints.fromPartial({
    ...(known ? { locality: { region, zone, subZone: subzone } } : {}),
    lbEndpoints: group.map(lbEndpoint),
    loadBalancingWeight: group.reduce((sum, { endpoint }) => sum + endpoint.weight, 0),
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
