import type { Origin } from '@meshwork/config/kinds'
import type { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import type { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import type { NameTable } from '@meshwork/protos/istio/networking/nds/v1/nds'
import { encodeMessage, type MessageEncoder } from '@meshwork/protos/encode-message'
import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  EXTENSION_CONFIG_TYPE,
  LISTENER_TYPE,
  NAME_TABLE_TYPE,
  ROUTE_TYPE,
  seal,
  SECRET_TYPE,
  type XdsResource,
} from '@meshwork/xds/types'
import { sameItems } from '../snapshot/remembered.ts'
import type { ViewFinding } from '../view/view-finding.ts'

/** A resource with the places in files that it comes from. */
export interface Generated<M = unknown> {
  readonly resource: XdsResource
  /** Read back from the bytes, for people who look: thousands of messages in memory would be many times their bytes. */
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
  /** What was left out of it. */
  readonly findings: readonly ViewFinding[]
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
    findings: parts.flatMap(part => part.findings),
  }
}

export function listsByType(view: GeneratedView): readonly (readonly [typeUrl: string, list: readonly Generated[]])[] {
  return [
    [CLUSTER_TYPE, view.clusters],
    [ENDPOINT_TYPE, view.endpoints],
    [LISTENER_TYPE, view.listeners],
    [ROUTE_TYPE, view.routes],
    [SECRET_TYPE, view.secrets],
    [NAME_TABLE_TYPE, view.names],
    [EXTENSION_CONFIG_TYPE, view.extensions],
  ]
}

const resourceLists = new WeakMap<readonly Generated[], readonly XdsResource[]>()

/** One list for one list, so that whoever keeps sets of resources keeps one for all views that share it. */
export function resourcesOf(list: readonly Generated[]): readonly XdsResource[] {
  let resources = resourceLists.get(list)
  if (resources === undefined) {
    resources = list.map(({ resource }) => resource)
    resourceLists.set(list, resources)
  }
  return resources
}

/** `after`, with the lists of `before` where they hold the very same resources: whoever compares lists sees that nothing changed. */
export function keepLists(before: GeneratedView | undefined, after: GeneratedView): GeneratedView {
  if (before === undefined) return after
  const kept = <T>(old: readonly T[], now: readonly T[]): readonly T[] => (sameItems(old, now) ? old : now)
  return {
    clusters: kept(before.clusters, after.clusters),
    endpoints: kept(before.endpoints, after.endpoints),
    listeners: kept(before.listeners, after.listeners),
    routes: kept(before.routes, after.routes),
    secrets: kept(before.secrets, after.secrets),
    names: kept(before.names, after.names),
    extensions: kept(before.extensions, after.extensions),
    findings: after.findings,
  }
}

export interface Codec<M> extends MessageEncoder<M> {
  decode(bytes: Uint8Array): M
}

/** A message as a resource. `refersTo` are the clusters that it leads to. */
export function sealed<M>(
  typeUrl: string,
  name: string,
  message: M,
  codec: Codec<M>,
  origins: readonly Origin[],
  refersTo: ReadonlySet<string> | null = null,
): Generated<M> {
  return sealedBytes(typeUrl, name, encodeMessage(codec, message), codec, origins, refersTo)
}

/** As `sealed`, of a message that is encoded already. */
export function sealedBytes<M>(
  typeUrl: string,
  name: string,
  bytes: Uint8Array,
  codec: Pick<Codec<M>, 'decode'>,
  origins: readonly Origin[],
  refersTo: ReadonlySet<string> | null = null,
): Generated<M> {
  let unique: readonly Origin[] | null = null
  return {
    resource: seal(typeUrl, name, () => bytes, refersTo === null ? null : () => refersTo),
    get message() {
      return codec.decode(bytes)
    },
    // Of interest to people who look, like the message.
    get origins() {
      return (unique ??= uniqueOrigins(origins))
    },
  }
}

function uniqueOrigins(origins: readonly Origin[]): readonly Origin[] {
  if (origins.length < 2) return origins
  return [...new Map(origins.map(origin => [`${origin.file}:${origin.line}`, origin])).values()]
}
