import type { Origin } from '@meshwork/config/kinds'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { NameTable } from '@meshwork/protos/istio/networking/nds/v1/nds'
import type { Generated, GeneratedView } from '../push/generated-view.ts'
import { expandAny } from './expand-any.ts'

export interface DumpEntry {
  readonly name: string
  readonly version: string
  /** Where in the files of the user the resource comes from. */
  readonly origins: readonly Origin[]
  /** The resource in Envoy's JSON form, with packed messages opened. */
  readonly resource: unknown
}

/** What a proxy is given, in the order of dependency. Holds no keys: secrets never pass through the control plane. */
export interface ConfigDump {
  readonly clusters: readonly DumpEntry[]
  readonly endpoints: readonly DumpEntry[]
  readonly listeners: readonly DumpEntry[]
  readonly routes: readonly DumpEntry[]
  /** Of a proxy beside which a DNS proxy answers. */
  readonly names: readonly DumpEntry[]
}

export function configDump(view: GeneratedView): ConfigDump {
  return {
    clusters: view.clusters.map(entry => dumpEntry(entry, Cluster)),
    endpoints: view.endpoints.map(entry => dumpEntry(entry, ClusterLoadAssignment)),
    listeners: view.listeners.map(entry => dumpEntry(entry, Listener)),
    routes: view.routes.map(entry => dumpEntry(entry, RouteConfiguration)),
    names: view.names.map(entry => dumpEntry(entry, NameTable)),
  }
}

function dumpEntry<M>(entry: Generated<M>, codec: { toJSON(message: M): unknown }): DumpEntry {
  const { resource, origins, message } = entry
  return { name: resource.name, version: resource.version, origins, resource: expandAny(codec.toJSON(message)) }
}
