import { peerOf } from '../filters/peer-metadata/index.ts'
import type { ProxyIdentity } from '../filters/table.ts'

/** Who a node is to others. The pod's name, without the generated part, stands in for a workload that is not named. */
export function proxyIdentity(node: { readonly id: string; readonly metadata?: Readonly<Record<string, unknown>> }): ProxyIdentity {
  const pod = node.id.split('~')[2]?.split('.')[0] ?? ''
  return { node: node.id, peer: peerOf(node.metadata ?? {}, pod.replace(/-[a-f0-9]{6,10}-[a-z0-9]{5}$/, '')) }
}
