import type { Derived, Graph, Table } from '../derive/index.ts'
import type { ObjectOf } from '../kinds/index.ts'
import { isIP } from 'node:net'
import type { KubernetesNames } from './kubernetes-service.ts'
import { ONLY } from './only.ts'
import type { RegistryObjects } from './registry-inputs.ts'
import type { RemoteInputs } from './remote-inputs.ts'

/** On the namespace of the mesh: the network of the cluster. On a Service: it is the gateway through which others reach that network. */
export const NETWORK_LABEL = 'topology.istio.io/network'
const GATEWAY_PORT_LABEL = 'networking.istio.io/gatewayPort'
/** Where gateways between networks take mutual TLS and pass it on by its server name (Istio's default). */
const GATEWAY_PORT = 15_443
const DEFAULT_ROOT_NAMESPACE = 'istio-system'

/** Takes connections from other networks for all services behind it. */
export interface NetworkGateway {
  readonly network: string
  /** IP address. */
  readonly address: string
  readonly port: number
}

/** What one cluster says of networks. */
export interface ClusterNetworks {
  /** Of its pods that say nothing else; '' if nobody has named it: then all reach them directly. */
  readonly network: string
  readonly gateways: readonly NetworkGateway[]
}

/** By id of the cluster; the own one is ''. */
export type MeshNetworks = ReadonlyMap<string, ClusterNetworks>

/** What the objects of one cluster say, by `ONLY`. */
export function deriveClusterNetworks(graph: Graph, objects: RegistryObjects, names: Table<KubernetesNames>): Derived<ClusterNetworks> {
  const { namespaces, services } = objects
  const labelled = services.table.indexBy(({ meta }) => (networkOf(meta.labels) === '' ? [] : [ONLY]))
  const namespacesByName = namespaces.table.indexBy(({ meta }) => [meta.name])
  return graph.derive<ClusterNetworks>({
    name: 'networks of the cluster',
    inputs: [namespaces.table, services.table, names],
    keys: () => [ONLY],
    compute: (_, read) => {
      const root = read.get(names, ONLY)?.rootNamespace ?? DEFAULT_ROOT_NAMESPACE
      const [namespace] = read.lookup(namespacesByName, root)
      return {
        network: networkOf(namespace?.[1].meta.labels ?? {}),
        gateways: read.lookup(labelled, ONLY).flatMap(([, service]) => gatewaysOf(service)),
      }
    },
  })
}

/** The networks of all clusters, by `ONLY`. */
export function deriveMeshNetworks(graph: Graph, own: Derived<ClusterNetworks>, remote: RemoteInputs): Derived<MeshNetworks> {
  return graph.derive<MeshNetworks>({
    name: 'networks',
    inputs: [own.table, remote.networks.table],
    keys: () => [ONLY],
    compute: (_, read) => {
      const mine = read.get(own.table, ONLY)
      return new Map([...(mine === undefined ? [] : [['', mine] as const]), ...read.list(remote.networks.table)])
    },
  })
}

function networkOf(labels: Readonly<Record<string, string>>): string {
  return labels[NETWORK_LABEL] ?? ''
}

/** Only addresses: endpoints cannot be names. */
function gatewaysOf({ meta, spec }: ObjectOf<'Service'>): readonly NetworkGateway[] {
  const stated = Number(meta.labels[GATEWAY_PORT_LABEL] ?? meta.annotations[GATEWAY_PORT_LABEL])
  const port = Number.isInteger(stated) && stated > 0 && stated < 65_536 ? stated : GATEWAY_PORT
  const addresses = [...spec.loadBalancer.flatMap(({ ip }) => ip ?? []), ...spec.externalIPs].filter(address => isIP(address) !== 0)
  return [...new Set(addresses)].map(address => ({ network: networkOf(meta.labels), address, port }))
}
