import { type Derived, Graph, type GraphOptions, type Input } from '@meshwork/config/derive'
import type { ConfigObject, MeshConfigSpec, ObjectKey } from '@meshwork/config/kinds'
import {
  deriveClusterNetworks,
  type DerivedRegistry,
  deriveMeshNetworks,
  derivePodPlaces,
  deriveRegistry,
  type KubernetesNames,
  type MeshNetworks,
  NO_NETWORKS,
  ObjectInputs,
  ONLY,
  OWN_REGISTRY,
  type PodPlaces,
  RemoteRegistry,
} from '@meshwork/config/registry'
import type { ConfigBatch } from '@meshwork/config/source'
import { repair } from '../repair/index.ts'
import { deriveCompleted, deriveOrdered, type OrderedKind } from './derive-ordered.ts'
import type { CompleteVirtualService } from './delegated-routes.ts'
import { deriveVirtualServices } from './derive-virtual-services.ts'
import { withFullHost } from './full-hosts.ts'
import type { MeshSnapshot } from './mesh-snapshot.ts'

export interface MeshGraphOptions extends GraphOptions {
  readonly clusterDomain: string
  /** Id of the own cluster, where settings name it; `Kubernetes` means it as well. */
  readonly clusterId?: string
  /** Settings that hold unless a MeshConfig object says otherwise. */
  readonly mesh: MeshConfigSpec
}

/** The parts of a snapshot that follow from the objects alone. */
export type MeshTables = Pick<
  MeshSnapshot,
  | 'mesh'
  | 'registry'
  | 'podPlaces'
  | 'remotePlaces'
  | 'networks'
  | 'virtualServices'
  | 'destinationRules'
  | 'gateways'
  | 'secrets'
  | 'envoyFilters'
  | 'sidecars'
  | 'peerAuthentications'
  | 'requestAuthentications'
  | 'authorizationPolicies'
  | 'telemetries'
  | 'proxyConfigs'
>

/**
 * Everything that a snapshot derives from objects, as one graph: the objects of each kind are its inputs, and what does not depend
 * on a change is neither computed anew nor replaced. State: the graph. Owned by the snapshot store.
 */
export class MeshGraph {
  readonly registry: DerivedRegistry
  readonly virtualServices: OrderedKind<'VirtualService', CompleteVirtualService>
  readonly destinationRules: OrderedKind<'DestinationRule'>
  readonly gateways: OrderedKind<'Gateway'>
  readonly secrets: OrderedKind<'Secret'>
  readonly envoyFilters: OrderedKind<'EnvoyFilter'>
  readonly sidecars: OrderedKind<'Sidecar'>
  readonly peerAuthentications: OrderedKind<'PeerAuthentication'>
  readonly requestAuthentications: OrderedKind<'RequestAuthentication'>
  readonly authorizationPolicies: OrderedKind<'AuthorizationPolicy'>
  readonly telemetries: OrderedKind<'Telemetry'>
  readonly proxyConfigs: OrderedKind<'ProxyConfig'>
  readonly mesh: Derived<MeshConfigSpec>
  private readonly podPlaces: Derived<PodPlaces>
  private readonly remotePlaces: Derived<MeshSnapshot['remotePlaces']>
  private readonly networks: Derived<MeshNetworks>
  private readonly names: Derived<KubernetesNames>
  /** By their names. */
  private readonly gatewayAddresses: Input<readonly string[]>
  /** Other clusters, by id. */
  private readonly remotes = new Map<string, RemoteRegistry>()
  private readonly graph: Graph
  private readonly inputs: ObjectInputs
  private readonly options: MeshGraphOptions

  constructor(options: MeshGraphOptions) {
    const { clusterDomain } = options
    const graph = new Graph(options)
    const meshConfigs = deriveOrdered(graph, 'MeshConfig')
    this.options = options
    this.graph = graph
    this.mesh = deriveMesh(graph, meshConfigs, options.mesh)
    this.names = deriveNames(graph, this.mesh, clusterDomain)
    this.registry = deriveRegistry(graph, this.names.table)
    this.podPlaces = derivePodPlaces(graph, this.registry.objects)
    this.remotePlaces = deriveRemotePlaces(graph, this.registry)
    const own = deriveClusterNetworks(graph, this.registry.objects, this.names.table, [OWN_REGISTRY, options.clusterId ?? OWN_REGISTRY])
    this.gatewayAddresses = graph.input('addresses of gateways')
    const { remote } = this.registry
    this.networks = deriveMeshNetworks(graph, own, { remote, names: this.names.table, addresses: this.gatewayAddresses })
    this.virtualServices = deriveVirtualServices(graph, clusterDomain)
    this.destinationRules = deriveCompleted(graph, 'DestinationRule', object => withFullHost(object, clusterDomain))
    this.gateways = deriveOrdered(graph, 'Gateway')
    this.secrets = deriveOrdered(graph, 'Secret')
    this.envoyFilters = deriveOrdered(graph, 'EnvoyFilter')
    this.sidecars = deriveOrdered(graph, 'Sidecar')
    this.peerAuthentications = deriveOrdered(graph, 'PeerAuthentication')
    this.requestAuthentications = deriveOrdered(graph, 'RequestAuthentication')
    this.authorizationPolicies = deriveOrdered(graph, 'AuthorizationPolicy')
    this.telemetries = deriveOrdered(graph, 'Telemetry')
    this.proxyConfigs = deriveOrdered(graph, 'ProxyConfig')
    this.inputs = new ObjectInputs([
      ...this.registry.objects.all,
      meshConfigs.input,
      this.virtualServices.input,
      this.destinationRules.input,
      this.gateways.input,
      this.secrets.input,
      this.envoyFilters.input,
      this.sidecars.input,
      this.peerAuthentications.input,
      this.requestAuthentications.input,
      this.authorizationPolicies.input,
      this.telemetries.input,
      this.proxyConfigs.input,
    ])
  }

  /** Parts that proxies would refuse are left out first. */
  set(object: ConfigObject): void {
    this.inputs.set(repair(object).object)
  }

  delete(key: ObjectKey): void {
    this.inputs.delete(key)
  }

  /** What another cluster has; only what says where services are counts. */
  applyRemote(cluster: string, batch: Pick<ConfigBatch, 'upserts' | 'deletes'>): void {
    const remote = this.remotes.get(cluster) ?? new RemoteRegistry(cluster)
    this.remotes.set(cluster, remote)
    remote.apply(batch)
  }

  /** False: there was no such cluster. */
  removeRemote(cluster: string): boolean {
    this.remotes.get(cluster)?.withdraw(this.registry.remote)
    return this.remotes.delete(cluster)
  }

  /** Where a gateway between networks is, that has only a name. */
  setGatewayAddresses(name: string, addresses: readonly string[]): void {
    this.gatewayAddresses.set(name, addresses)
  }

  /** Takes in what was set and deleted since the last call. */
  commit(): MeshTables {
    this.graph.commit()
    const names = this.names.table.get(ONLY) ?? { clusterDomain: this.options.clusterDomain, trustDomain: this.options.mesh.trustDomain }
    const changed = [...this.remotes.values()].filter(remote => remote.flush(names, this.registry.remote))
    if (changed.length > 0) this.graph.commit()
    return {
      mesh: this.mesh.table.get(ONLY) ?? this.options.mesh,
      registry: this.registry.registry.table.get(ONLY) ?? { services: [], endpoints: new Map() },
      podPlaces: this.podPlaces.table.get(ONLY) ?? new Map(),
      remotePlaces: this.remotePlaces.table.get(ONLY) ?? new Map(),
      networks: this.networks.table.get(ONLY) ?? NO_NETWORKS,
      virtualServices: this.virtualServices.ordered.table.get(ONLY) ?? [],
      destinationRules: this.destinationRules.ordered.table.get(ONLY) ?? [],
      gateways: this.gateways.ordered.table.get(ONLY) ?? [],
      secrets: this.secrets.ordered.table.get(ONLY) ?? [],
      envoyFilters: this.envoyFilters.ordered.table.get(ONLY) ?? [],
      sidecars: this.sidecars.ordered.table.get(ONLY) ?? [],
      peerAuthentications: this.peerAuthentications.ordered.table.get(ONLY) ?? [],
      requestAuthentications: this.requestAuthentications.ordered.table.get(ONLY) ?? [],
      authorizationPolicies: this.authorizationPolicies.ordered.table.get(ONLY) ?? [],
      telemetries: this.telemetries.ordered.table.get(ONLY) ?? [],
      proxyConfigs: this.proxyConfigs.ordered.table.get(ONLY) ?? [],
    }
  }
}

/** The settings in force: those of the oldest MeshConfig. */
function deriveMesh(graph: Graph, { ordered }: OrderedKind<'MeshConfig'>, otherwise: MeshConfigSpec): Derived<MeshConfigSpec> {
  return graph.derive<MeshConfigSpec>({
    name: 'mesh',
    inputs: [ordered.table],
    keys: () => [ONLY],
    compute: (_, read) => read.get(ordered.table, ONLY)?.[0]?.spec ?? otherwise,
  })
}

function deriveNames(graph: Graph, mesh: Derived<MeshConfigSpec>, clusterDomain: string): Derived<KubernetesNames> {
  return graph.derive<KubernetesNames>({
    name: 'names',
    inputs: [mesh.table],
    keys: () => [ONLY],
    compute: (_, read) => {
      const inForce = read.get(mesh.table, ONLY)
      return inForce === undefined
        ? undefined
        : {
            clusterDomain,
            trustDomain: inForce.trustDomain,
            defaultExportTo: inForce.defaultServiceExportTo,
            rootNamespace: inForce.rootNamespace,
            meshNetworks: inForce.meshNetworks,
          }
    },
  })
}

function deriveRemotePlaces(graph: Graph, { remote }: DerivedRegistry): Derived<MeshSnapshot['remotePlaces']> {
  return graph.derive<MeshSnapshot['remotePlaces']>({
    name: 'places in all other clusters',
    inputs: [remote.places.table],
    keys: () => [ONLY],
    compute: (_, read) => new Map(read.list(remote.places.table)),
    equal: Object.is,
  })
}
