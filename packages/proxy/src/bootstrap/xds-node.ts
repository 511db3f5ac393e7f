import type { XdsNode } from '@meshwork/xds/types'
import type { ProxyOptions } from './proxy-options.ts'

/** Who the proxy says it is: Istio's node id and metadata. `cluster` is the workload's name as Istio's agents write it. */
export function xdsNode({ node, metadata }: Pick<ProxyOptions, 'node' | 'metadata'>): XdsNode {
  const [, , workload = ''] = node.split('~')
  return { id: node, cluster: workload, metadata, locality: { region: '', zone: '', subZone: '' }, userAgentName: 'meshwork' }
}
