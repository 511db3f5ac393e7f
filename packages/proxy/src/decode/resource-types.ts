import { err, ok, type Result, type Violation, violation } from '@meshwork/core/result'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { ScopedRouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/scoped_route'
import type { ResourceType } from '@meshwork/xds/client'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SCOPED_ROUTE_TYPE } from '@meshwork/xds/types'
import type { ClusterConfig, LoadAssignment } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { RouteTableConfig } from '../model/route.ts'
import type { ScopeConfig } from '../model/scoped-routes.ts'
import { decodeCluster } from './cluster.ts'
import { countRoutes } from './count-routes.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeListener } from './listener.ts'
import { decodeLoadAssignment } from './load-assignment.ts'
import { Report } from './report.ts'
import { MAX_RESOURCE_BYTES, MAX_ROUTES, tooManyRoutes } from './resource-limits.ts'
import { decodeRouteTable } from './route-table.ts'
import { required } from './scalars.ts'
import { decodeScope } from './scoped-routes.ts'

export const clusterType: ResourceType<ClusterConfig> = {
  typeUrl: CLUSTER_TYPE,
  absenceDeletes: true,
  decode: bytes => collect(bytes, report => decodeCluster(Cluster.decode(bytes), report)),
}

/** Hosts come as IP addresses here: names are for clusters that resolve them. */
export const endpointType: ResourceType<LoadAssignment> = {
  typeUrl: ENDPOINT_TYPE,
  absenceDeletes: false,
  decode: bytes =>
    collect(bytes, report => {
      const load = ClusterLoadAssignment.decode(bytes)
      required(load.clusterName, report.at('cluster_name'))
      return decodeLoadAssignment(load, false, report)
    }),
}

export function listenerType(filters: FilterCatalog): ResourceType<ListenerConfig> {
  return {
    typeUrl: LISTENER_TYPE,
    absenceDeletes: true,
    decode: bytes => collect(bytes, report => decodeListener(Listener.decode(bytes), filters, report)),
  }
}

export function routeType(filters: FilterCatalog): ResourceType<RouteTableConfig> {
  return {
    typeUrl: ROUTE_TYPE,
    absenceDeletes: false,
    decode: bytes => {
      const routes = bytes.length > MAX_RESOURCE_BYTES ? 0 : countRoutes(bytes)
      if (routes > MAX_ROUTES) return err([tooManyRoutes('virtual_hosts', routes)])
      return collect(bytes, report => {
        const table = RouteConfiguration.decode(bytes)
        required(table.name, report.at('name'))
        return decodeRouteTable(table, filters, report)
      })
    },
  }
}

/** Scopes of routes (SRDS). */
export function scopeType(filters: FilterCatalog): ResourceType<ScopeConfig> {
  return {
    typeUrl: SCOPED_ROUTE_TYPE,
    absenceDeletes: true,
    decode: bytes => collect(bytes, report => decodeScope(ScopedRouteConfiguration.decode(bytes), filters, report)),
  }
}

function collect<T>(bytes: Uint8Array, decode: (report: Report) => T): Result<T, readonly Violation[]> {
  if (bytes.length > MAX_RESOURCE_BYTES) {
    return err([violation('', 'resource-too-large', `has ${bytes.length} bytes, more than ${MAX_RESOURCE_BYTES}`)])
  }
  const report = new Report()
  const value = decode(report)
  return report.violations.length === 0 ? ok(value) : err(report.violations)
}
