import { CLUSTER_TYPE, ENDPOINT_TYPE, EXTENSION_CONFIG_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE } from '../types/type-urls.ts'

/** One streaming method of a discovery service. */
export interface DiscoveryMethod {
  readonly variant: 'sotw' | 'delta'
  /** The one type that the service knows, whose requests may leave it out; null for the aggregated service. */
  readonly onlyType: string | null
}

const SERVICES: readonly (readonly [service: string, methods: string, onlyType: string | null])[] = [
  ['discovery.v3.AggregatedDiscoveryService', 'AggregatedResources', null],
  ['cluster.v3.ClusterDiscoveryService', 'Clusters', CLUSTER_TYPE],
  ['endpoint.v3.EndpointDiscoveryService', 'Endpoints', ENDPOINT_TYPE],
  ['listener.v3.ListenerDiscoveryService', 'Listeners', LISTENER_TYPE],
  ['route.v3.RouteDiscoveryService', 'Routes', ROUTE_TYPE],
  ['secret.v3.SecretDiscoveryService', 'Secrets', SECRET_TYPE],
  ['extension.v3.ExtensionConfigDiscoveryService', 'ExtensionConfigs', EXTENSION_CONFIG_TYPE],
]

/** Every method by its path (`/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters`). */
export const DISCOVERY_METHODS: ReadonlyMap<string, DiscoveryMethod> = new Map(
  SERVICES.flatMap(([service, methods, onlyType]): [string, DiscoveryMethod][] => [
    [`/envoy.service.${service}/Stream${methods}`, { variant: 'sotw', onlyType }],
    [`/envoy.service.${service}/Delta${methods}`, { variant: 'delta', onlyType }],
  ]),
)
