import { BlockList, isIP } from 'node:net'
import type { Derived, Graph, Input, Table } from '../derive/index.ts'
import type { MeshNetworksSpec } from '../kinds/index.ts'
import type { KubernetesNames } from './kubernetes-service.ts'
import { ONLY } from './only.ts'
import type { RemoteInputs } from './remote-inputs.ts'

/** On the namespace of the mesh: the network of the cluster. On a Service: it is the gateway through which others reach that network. */
export const NETWORK_LABEL = 'topology.istio.io/network'

/** Takes connections from other networks for all services behind it. */
export interface NetworkGateway {
  readonly network: string
  /** IP address; of clusters and settings also a name, which the networks of the mesh have the addresses of. */
  readonly address: string
  readonly port: number
}

/** What one cluster says of networks. */
export interface ClusterNetworks {
  /** Of its pods that say nothing else; '' if nobody has named it: then all reach them directly. */
  readonly network: string
  readonly gateways: readonly NetworkGateway[]
}

/** The networks of the mesh. Gateways are addresses here. */
export interface MeshNetworks {
  /** By id of the cluster; the own one is ''. */
  readonly clusters: ReadonlyMap<string, ClusterNetworks>
  /** Gateways of no cluster: those that settings name by their addresses. */
  readonly gateways: readonly NetworkGateway[]
  /** Addresses on networks, for endpoints of which nothing else says where they are. The first that has an address counts. */
  readonly ranges: readonly NetworkRange[]
  /** Names of gateways, whose addresses have to be looked up. */
  readonly names: readonly string[]
}

export interface NetworkRange {
  readonly network: string
  /** `10.0.0.0/8`, or one address. */
  readonly cidr: string
}

export const NO_NETWORKS: MeshNetworks = { clusters: new Map(), gateways: [], ranges: [], names: [] }

/** The networks of all clusters, by `ONLY`. `addresses`: of gateways, by name; one without is passed over, as endpoints cannot be names. */
export function deriveMeshNetworks(
  graph: Graph,
  own: Derived<ClusterNetworks>,
  from: { readonly remote: RemoteInputs; readonly names: Table<KubernetesNames>; readonly addresses: Input<readonly string[]> },
): Derived<MeshNetworks> {
  const { remote, names, addresses } = from
  return graph.derive<MeshNetworks>({
    name: 'networks',
    inputs: [own.table, remote.networks.table, names, addresses.table],
    keys: () => [ONLY],
    compute: (_, read) => {
      const mine = read.get(own.table, ONLY)
      const clusters = [...(mine === undefined ? [] : [['', mine] as const]), ...read.list(remote.networks.table)]
      const settings = read.get(names, ONLY)?.meshNetworks
      const fixed = fixedGateways(settings)
      const all = [...clusters.flatMap(([, { gateways }]) => gateways), ...fixed]
      const known = new Map(read.list(addresses.table))
      return {
        clusters: new Map(clusters.map(([id, cluster]) => [id, { ...cluster, gateways: withAddresses(cluster.gateways, known) }])),
        gateways: withAddresses(fixed, known),
        ranges: rangesOf(settings),
        names: [...new Set(all.map(({ address }) => address).filter(address => isIP(address) === 0))].toSorted(),
      }
    },
  })
}

/** The network of the first range with this address; '' for none. */
export function networkOfAddress(address: string, ranges: readonly NetworkRange[]): string {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(address) === 0) return ''
  return ranges.find(({ cidr }) => blockOf(cidr).check(address, family))?.network ?? ''
}

const blocks = new Map<string, BlockList>()
const MOST_BLOCKS = 10_000

function blockOf(cidr: string): BlockList {
  const known = blocks.get(cidr)
  if (known !== undefined) return known
  const [address = '', bits] = cidr.split('/')
  const block = new BlockList()
  if (bits === undefined) block.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  else block.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  if (blocks.size >= MOST_BLOCKS) blocks.clear()
  blocks.set(cidr, block)
  return block
}

function fixedGateways(settings: MeshNetworksSpec | undefined): readonly NetworkGateway[] {
  return Object.entries(settings?.networks ?? {}).flatMap(([network, { gateways }]) =>
    gateways.flatMap(({ address, port }) => (address === undefined ? [] : [{ network, address, port }])),
  )
}

function rangesOf(settings: MeshNetworksSpec | undefined): readonly NetworkRange[] {
  return Object.entries(settings?.networks ?? {}).flatMap(([network, { endpoints }]) =>
    endpoints.flatMap(({ fromCidr }) => (fromCidr === undefined ? [] : [{ network, cidr: fromCidr }])),
  )
}

function withAddresses(gateways: readonly NetworkGateway[], known: ReadonlyMap<string, readonly string[]>): readonly NetworkGateway[] {
  const all = gateways.flatMap(gateway => {
    if (isIP(gateway.address) !== 0) return [gateway]
    return (known.get(gateway.address) ?? []).map(address => ({ ...gateway, address }))
  })
  return [...new Map(all.map(gateway => [`${gateway.network} ${gateway.address} ${gateway.port}`, gateway])).values()]
}
