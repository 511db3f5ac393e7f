import type { Labels } from '@meshwork/config/kinds'
import type { Locality } from '@meshwork/config/registry'

export const HOST_LABEL = 'kubernetes.io/hostname'

export interface Place {
  readonly locality: Locality
  readonly network: string
  readonly nodeName?: string
}

/** Labels with those of the place beside them, which need not be written on workloads: `failoverPriority` may name them. */
export function withTopology(labels: Labels, { locality, network, nodeName = '' }: Place): Labels {
  const { region, zone, subzone } = locality
  const topology = {
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': zone,
    'topology.istio.io/subzone': subzone,
    'topology.istio.io/network': network,
    [HOST_LABEL]: nodeName,
  }
  return { ...labels, ...Object.fromEntries(Object.entries(topology).filter(([, value]) => value !== '')) }
}
