import { Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { Route, VirtualHost } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { Router } from '@meshwork/protos/envoy/extensions/filters/http/router/v3/router'
import { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { packAny } from '@meshwork/protos/any'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { HTTP_CONNECTION_MANAGER, ROUTER } from '../translate/envoy/messages.ts'
import { clustersOf } from '../translate/routes/clusters-of.ts'
import { type Generated, type GeneratedView, sealed } from './generated-view.ts'

const ADS = { configSourceSpecifier: { $case: 'ads' as const, value: {} }, resourceApiVersion: 2 as const }

/**
 * The outbound part of a view as gRPC's own xDS clients read it (gRFC A27, A28): for each `host:port` that a program may dial an
 * API listener and a table with the routes of that host; clusters and endpoints with the fields that those clients know.
 */
export function grpcView(view: GeneratedView): GeneratedView {
  const hosts = view.routes.flatMap(({ message, origins }) => message.virtualHosts.map(host => ({ host, origins }))).filter(isDialled)
  return {
    ...view,
    clusters: view.clusters.flatMap(grpcCluster),
    endpoints: view.endpoints.map(grpcAssignment),
    listeners: hosts.flatMap(({ host, origins }) => apiListeners(host, origins)),
    routes: hosts.map(({ host, origins }) => grpcTable(host, origins)),
    secrets: [],
    names: [],
    extensions: [],
  }
}

/** Hosts are named `host:port`; what catches the rest is not, and nobody dials a pattern. */
function isDialled({ host }: { readonly host: VirtualHost }): boolean {
  return portOf(host) > 0 && !host.name.startsWith('*')
}

function portOf({ name }: VirtualHost): number {
  return Number(/:(\d+)$/.exec(name)?.[1] ?? 0)
}

/** One for each form of the host: the name of the listener is what the program dials. */
function apiListeners(host: VirtualHost, origins: Generated['origins']): readonly Generated<Listener>[] {
  const manager = HttpConnectionManager.fromPartial({
    routeSpecifier: { $case: 'rds', value: { configSource: ADS, routeConfigName: host.name } },
    httpFilters: [{ name: 'envoy.filters.http.router', configType: { $case: 'typedConfig', value: packAny(ROUTER, Router.create()) } }],
  })
  const apiListener = { apiListener: packAny(HTTP_CONNECTION_MANAGER, manager) }
  const names = host.domains.filter(domain => !domain.startsWith('*')).map(domain => `${domain}:${portOf(host)}`)
  return names.map(name => sealed(LISTENER_TYPE, name, Listener.fromPartial({ name, apiListener }), Listener, origins))
}

function grpcTable(host: VirtualHost, origins: Generated['origins']): Generated<RouteConfiguration> {
  const virtualHost = { name: host.name, domains: ['*'], routes: host.routes.flatMap(grpcRoute) }
  const table = RouteConfiguration.fromPartial({ name: host.name, virtualHosts: [virtualHost] })
  return sealed(ROUTE_TYPE, host.name, table, RouteConfiguration, origins, clustersOf(table))
}

/** Settings of filters that those clients do not have would make them refuse the table; redirects and answers are not for them. */
function grpcRoute(route: Route): readonly Route[] {
  if (route.action?.$case !== 'route') return []
  const { clusterSpecifier } = route.action.value
  const plain = { ...route, typedPerFilterConfig: {} }
  if (clusterSpecifier?.$case !== 'weightedClusters') return [plain]
  const clusters = clusterSpecifier.value.clusters.map(cluster => ({ ...cluster, typedPerFilterConfig: {} }))
  const weighted = { $case: 'weightedClusters' as const, value: { ...clusterSpecifier.value, clusters } }
  return [{ ...plain, action: { $case: 'route', value: { ...route.action.value, clusterSpecifier: weighted } } }]
}

/** Only clusters with endpoints from us: those clients know no other that a mesh has. */
function grpcCluster({ message, origins }: Generated<Cluster>): readonly Generated<Cluster>[] {
  const { name, clusterDiscoveryType, edsClusterConfig, lbPolicy, lbConfig, circuitBreakers, outlierDetection } = message
  if (clusterDiscoveryType?.$case !== 'type' || clusterDiscoveryType.value !== Cluster_DiscoveryType.EDS) return []
  const hashes = lbPolicy === Cluster_LbPolicy.RING_HASH
  const cluster = Cluster.fromPartial({
    name,
    clusterDiscoveryType,
    edsClusterConfig: { edsConfig: ADS, serviceName: edsClusterConfig?.serviceName ?? '' },
    lbPolicy: hashes ? lbPolicy : Cluster_LbPolicy.ROUND_ROBIN,
    ...(hashes && lbConfig !== undefined && { lbConfig }),
    ...(circuitBreakers !== undefined && { circuitBreakers }),
    ...(outlierDetection !== undefined && { outlierDetection }),
  })
  return [sealed(CLUSTER_TYPE, name, cluster, Cluster, origins)]
}

/** Those clients pass over localities without a weight, and want every group to say where it is. */
function grpcAssignment({ message, origins }: Generated<ClusterLoadAssignment>): Generated<ClusterLoadAssignment> {
  const endpoints = message.endpoints.map(group => {
    const weight = group.lbEndpoints.reduce((sum, { loadBalancingWeight }) => sum + (loadBalancingWeight ?? 1), 0)
    return {
      ...group,
      locality: group.locality ?? { region: '', zone: '', subZone: '' },
      loadBalancingWeight: group.loadBalancingWeight ?? weight,
    }
  })
  const assignment = ClusterLoadAssignment.fromPartial({ clusterName: message.clusterName, endpoints })
  return sealed(ENDPOINT_TYPE, message.clusterName, assignment, ClusterLoadAssignment, origins)
}
