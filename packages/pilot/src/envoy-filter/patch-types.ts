import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { Filter, FilterChain, ListenerFilter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { Route, VirtualHost } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { messageType, type MessageType } from '@meshwork/protos/any'

/** The message that a patch of each place holds. */
export interface PatchedTypes {
  readonly LISTENER: Listener
  readonly FILTER_CHAIN: FilterChain
  readonly NETWORK_FILTER: Filter
  readonly HTTP_FILTER: HttpFilter
  readonly LISTENER_FILTER: ListenerFilter
  readonly ROUTE_CONFIGURATION: RouteConfiguration
  readonly VIRTUAL_HOST: VirtualHost
  readonly HTTP_ROUTE: Route
  readonly CLUSTER: Cluster
  readonly EXTENSION_CONFIG: TypedExtensionConfig
}

export type PatchedPlace = keyof PatchedTypes

export const PATCHED_TYPES: { readonly [P in PatchedPlace]: MessageType<PatchedTypes[P]> } = {
  LISTENER: messageType('envoy.config.listener.v3.Listener', Listener),
  FILTER_CHAIN: messageType('envoy.config.listener.v3.FilterChain', FilterChain),
  NETWORK_FILTER: messageType('envoy.config.listener.v3.Filter', Filter),
  HTTP_FILTER: messageType('envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter', HttpFilter),
  LISTENER_FILTER: messageType('envoy.config.listener.v3.ListenerFilter', ListenerFilter),
  ROUTE_CONFIGURATION: messageType('envoy.config.route.v3.RouteConfiguration', RouteConfiguration),
  VIRTUAL_HOST: messageType('envoy.config.route.v3.VirtualHost', VirtualHost),
  HTTP_ROUTE: messageType('envoy.config.route.v3.Route', Route),
  CLUSTER: messageType('envoy.config.cluster.v3.Cluster', Cluster),
  EXTENSION_CONFIG: messageType('envoy.config.core.v3.TypedExtensionConfig', TypedExtensionConfig),
}
