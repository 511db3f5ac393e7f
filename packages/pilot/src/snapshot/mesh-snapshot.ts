import type { ConfigObject, KindName, MeshConfigSpec, ObjectOf, Rejection } from '@meshwork/config/kinds'
import type { MeshNetworks, PodPlaces, ServiceRegistry } from '@meshwork/config/registry'
import type { CompleteVirtualService } from './delegated-routes.ts'

/** All objects of one kind, oldest first (equal age: by namespace and name). */
export type ObjectsOf<K extends KindName> = readonly ObjectOf<K>[]

/** The accepted configuration of the whole mesh at one moment. Immutable; unchanged parts are shared with the one before. */
export interface MeshSnapshot {
  /** Counts snapshots of this process. */
  readonly revision: number
  /** Revision at which each kind last changed; kinds without objects are absent. */
  readonly revisions: ReadonlyMap<string, number>
  readonly clusterDomain: string
  readonly mesh: MeshConfigSpec
  readonly registry: ServiceRegistry
  readonly podPlaces: PodPlaces
  /** Places of pods in other clusters, by id of the cluster. */
  readonly remotePlaces: ReadonlyMap<string, PodPlaces>
  readonly networks: MeshNetworks
  /** Hosts are full names in lower case (as those of DestinationRules), delegated routes stand in place, parts are left out. */
  readonly virtualServices: readonly CompleteVirtualService[]
  readonly destinationRules: ObjectsOf<'DestinationRule'>
  readonly gateways: ObjectsOf<'Gateway'>
  readonly secrets: ObjectsOf<'Secret'>
  readonly envoyFilters: ObjectsOf<'EnvoyFilter'>
  readonly sidecars: ObjectsOf<'Sidecar'>
  readonly peerAuthentications: ObjectsOf<'PeerAuthentication'>
  /** Their inline keys are those that verifiers can use. */
  readonly requestAuthentications: ObjectsOf<'RequestAuthentication'>
  readonly authorizationPolicies: ObjectsOf<'AuthorizationPolicy'>
  readonly telemetries: ObjectsOf<'Telemetry'>
  /** Read when pods are injected; no proxy is told of them. */
  readonly proxyConfigs: ObjectsOf<'ProxyConfig'>
  /** Key sets that were fetched, by `keyPlaceText`. */
  readonly keySets: ReadonlyMap<string, string>
  /** Everything, for people who look: by `kind/namespace/name`. */
  readonly objects: ReadonlyMap<string, ConfigObject>
  /** All rejections in force. */
  readonly rejections: readonly Rejection[]
}
