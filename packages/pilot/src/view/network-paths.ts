import { type MeshNetworks, type NetworkGateway, networkOfAddress, type ServiceEndpoint } from '@meshwork/config/registry'

interface KnownGateway extends NetworkGateway {
  /** That it runs in, where somebody says so. */
  readonly cluster?: string
}

/** How endpoints are reached from one network: directly, or through the gateways of theirs. */
export class NetworkPaths {
  private readonly from: string
  private readonly networks: MeshNetworks
  private readonly gateways: ReadonlyMap<string, readonly KnownGateway[]>

  /** `from`: '' for callers of which nobody says where they are; they reach all directly. */
  constructor(from: string, networks: MeshNetworks) {
    this.from = from
    this.networks = networks
    const all = [
      ...[...networks.clusters].flatMap(([cluster, { gateways }]) => gateways.map(gateway => ({ ...gateway, cluster }))),
      ...networks.gateways,
    ]
    this.gateways = Map.groupBy(all, ({ network }) => network)
  }

  /**
   * Where connections for endpoints of a service go, in their order. Behind gateways an endpoint appears once for each of them; the
   * weights are such that it gets what it would get directly. Only mutual TLS carries the name by which gateways find the way, so
   * `mutualTls` decides for each caller which of them can be used at all. `otherwise`: where endpoints are that have no workload and
   * say nothing.
   */
  to(endpoints: readonly ServiceEndpoint[], otherwise: 'of-cluster' | 'stated'): readonly ServiceEndpoint[] {
    if (this.from === '') return endpoints
    const ways = endpoints
      .map(endpoint => this.located(endpoint, otherwise))
      .map(endpoint => ({ endpoint, gateways: this.gatewaysTo(endpoint) }))
    const scale = ways.reduce((multiple, { gateways }) => leastCommonMultiple(multiple, gateways.length || 1), 1)
    return ways.flatMap(({ endpoint, gateways }) => {
      if (gateways.length === 0) return [scale === 1 ? endpoint : { ...endpoint, weight: endpoint.weight * scale }]
      const weight = (endpoint.weight * scale) / gateways.length
      return gateways.map(({ address, port }) => ({ ...endpoint, address, weight, gatewayPort: port }))
    })
  }

  /** With the network of its cluster or of its address, if it says none: rules of nearness may name it. */
  private located(endpoint: ServiceEndpoint, otherwise: 'of-cluster' | 'stated'): ServiceEndpoint {
    if (endpoint.network !== '') return endpoint
    const { clusters, ranges } = this.networks
    const isOfCluster = otherwise === 'of-cluster' || endpoint.workload !== undefined
    const ofCluster = isOfCluster ? clusters.get(endpoint.cluster ?? '')?.network : ''
    const network = ofCluster || networkOfAddress(endpoint.address, ranges)
    return network === '' ? endpoint : { ...endpoint, network }
  }

  /** None: directly. Those of the endpoint's own cluster, if it has some. A network without gateways has to be reachable. */
  private gatewaysTo({ network, cluster = '' }: ServiceEndpoint): readonly KnownGateway[] {
    if (network === '' || network === this.from) return []
    const all = this.gateways.get(network) ?? []
    const own = all.filter(gateway => gateway.cluster === cluster)
    return own.length > 0 ? own : all
  }
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y > 0) [x, y] = [y, x % y]
  return (a / x) * b
}
