import type { Service } from '@meshwork/config/registry'
import { HOST_LABEL } from '../translate/endpoints/topology-labels.ts'

/** Istio's annotation for Kubernetes' `trafficDistribution`. */
const TRAFFIC_DISTRIBUTION = 'networking.istio.io/traffic-distribution'
const NEAR = ['topology.istio.io/network', 'topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone']
const PRIORITIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['PreferClose', NEAR],
  ['PreferSameZone', NEAR],
  ['PreferSameNode', [...NEAR, HOST_LABEL]],
])

/** The labels that near endpoints of a service have in common with a caller, if the service wishes near ones first. */
export function nearnessOf(service: Service): readonly string[] | undefined {
  return PRIORITIES.get(service.annotations[TRAFFIC_DISTRIBUTION] ?? '')
}
