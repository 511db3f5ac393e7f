import type { Origin } from '@meshwork/config/kinds'
import type { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import type { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import type { NameTable } from '@meshwork/protos/istio/networking/nds/v1/nds'
import { seal, type XdsResource } from '@meshwork/xds/types'

/** A resource with the places in files that it comes from. */
export interface Generated<M = unknown> {
  readonly resource: XdsResource
  readonly message: M
  readonly origins: readonly Origin[]
}

export interface GeneratedView {
  readonly clusters: readonly Generated<Cluster>[]
  readonly endpoints: readonly Generated<ClusterLoadAssignment>[]
  readonly listeners: readonly Generated<Listener>[]
  readonly routes: readonly Generated<RouteConfiguration>[]
  /** Keys are in them: for the proxies of the view and nobody else. */
  readonly secrets: readonly Generated<Secret>[]
  /** One or none. */
  readonly names: readonly Generated<NameTable>[]
  /** Settings of filters that are fetched apart from their listener; only EnvoyFilters make them. */
  readonly extensions: readonly Generated<TypedExtensionConfig>[]
}

/** What the parts of a view have together. */
export function joinViews(parts: readonly GeneratedView[]): GeneratedView {
  return {
    clusters: parts.flatMap(part => part.clusters),
    endpoints: parts.flatMap(part => part.endpoints),
    listeners: parts.flatMap(part => part.listeners),
    routes: parts.flatMap(part => part.routes),
    secrets: parts.flatMap(part => part.secrets),
    names: parts.flatMap(part => part.names),
    extensions: parts.flatMap(part => part.extensions),
  }
}

export interface Encoder<M> {
  encode(message: M): { finish(): Uint8Array }
}

/** A message as a resource, encoded when it is first sent. */
export function sealed<M>(typeUrl: string, name: string, message: M, codec: Encoder<M>, origins: readonly Origin[]): Generated<M> {
  return { resource: seal(typeUrl, name, () => codec.encode(message).finish()), message, origins: uniqueOrigins(origins) }
}

function uniqueOrigins(origins: readonly Origin[]): readonly Origin[] {
  return [...new Map(origins.map(origin => [`${origin.file}:${origin.line}`, origin])).values()]
}
