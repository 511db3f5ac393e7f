/** Resource types of xDS v3, by the names the field uses. */
export const LISTENER_TYPE = 'type.googleapis.com/envoy.config.listener.v3.Listener'
export const ROUTE_TYPE = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration'
export const SCOPED_ROUTE_TYPE = 'type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration'
export const CLUSTER_TYPE = 'type.googleapis.com/envoy.config.cluster.v3.Cluster'
export const ENDPOINT_TYPE = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment'
/** Istio's own: one nameless resource, the names that a workload's DNS proxy answers by itself. */
export const NAME_TABLE_TYPE = 'type.googleapis.com/istio.networking.nds.v1.NameTable'
/** How we call that one resource, where a resource must have a name. */
export const NAME_TABLE_NAME = 'names'
export const SECRET_TYPE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret'
export const EXTENSION_CONFIG_TYPE = 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig'

/**
 * No resources: a proxy tells that it has become ready. Its one name is the milliseconds from the start of its process until then.
 * Nothing is answered; a control plane that does not know it has no resources of that type (Istio's agents tell health likewise).
 */
export const PROXY_READY_TYPE = 'type.googleapis.com/meshwork.v1.ProxyReady'

/** Make before break: what is named goes out before what names it (xDS protocol, "Eventual consistency considerations"). */
export const ADS_ORDER: readonly string[] = [CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE]
