import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn } from '../rules/hostname.ts'
import { checkPort, isSubnet } from '../rules/network.ts'
import { object, orElse, optional, type Shape, unused } from '../shape/shape.ts'
import { count, listField, mapField, nonEmptyText, text } from '../shape/values.ts'

/** Istio's MeshNetworks: which endpoints are on which network, and the gateways in front of each, by the name of the network. */
export interface MeshNetworksSpec {
  readonly networks: Readonly<Record<string, NetworkSpec>>
}

export interface NetworkSpec {
  readonly endpoints: readonly NetworkEndpoints[]
  readonly gateways: readonly NetworkGatewaySpec[]
}

/** One of both. */
export interface NetworkEndpoints {
  /** Id of a cluster, all of whose pods are on the network; `Kubernetes` for that of the control plane. */
  readonly fromRegistry?: string
  /** Addresses on the network. */
  readonly fromCidr?: string
}

/** `address` or `registryServiceName`. */
export interface NetworkGatewaySpec {
  /** IP address, or a name that the control plane looks up. */
  readonly address?: string
  /** Full name of a service of the clusters whose pods are on the network. */
  readonly registryServiceName?: string
  readonly port: number
  readonly locality: string
}

const endpoints: Shape<NetworkEndpoints> = object<NetworkEndpoints>(
  { fromRegistry: optional(nonEmptyText), fromCidr: optional(nonEmptyText) },
  { atMostOne: [['fromRegistry', 'fromCidr']], atLeastOne: ['fromRegistry', 'fromCidr'] },
)

const gateway: Shape<NetworkGatewaySpec> = object<NetworkGatewaySpec>(
  {
    address: optional(nonEmptyText),
    registryServiceName: optional(nonEmptyText),
    port: orElse(count, 0),
    locality: unused(orElse(text, ''), 'what is near goes by the endpoints behind a gateway'),
  },
  { atMostOne: [['address', 'registryServiceName']], atLeastOne: ['address', 'registryServiceName'] },
)

export const meshNetworks: Shape<MeshNetworksSpec> = object<MeshNetworksSpec>({
  networks: mapField(object<NetworkSpec>({ endpoints: listField(endpoints), gateways: listField(gateway) })),
})

/** More than any mesh has; each gateway with a name costs questions to name servers. */
const MOST_ENTRIES = 1000

export function checkNetworks(path: string, { networks }: MeshNetworksSpec): readonly Violation[] {
  const all = Object.values(networks)
  if (all.reduce((sum, network) => sum + network.endpoints.length + network.gateways.length, all.length) > MOST_ENTRIES) {
    return [violation(path, 'too-many', `has more than ${MOST_ENTRIES} networks, endpoints and gateways`)]
  }
  return Object.entries(networks).flatMap(([name, network]) => checkNetwork(joinPath(`${path}.networks`, name), network))
}

function checkNetwork(path: string, network: NetworkSpec): readonly Violation[] {
  const ranges = network.endpoints.flatMap(({ fromCidr }, i) =>
    fromCidr === undefined || isSubnet(fromCidr)
      ? []
      : [
          violation(
            `${joinPath(`${path}.endpoints`, i)}.fromCidr`,
            'bad-address',
            `'${fromCidr}' is neither an IP address nor a CIDR block`,
          ),
        ],
  )
  const gateways = network.gateways.flatMap(({ address, port }, i) => {
    const place = joinPath(`${path}.gateways`, i)
    const named = address === undefined || isIP(address) !== 0 ? [] : checkFqdn(`${place}.address`, address)
    return [...named, ...checkPort(`${place}.port`, port)]
  })
  return [...ranges, ...gateways]
}
