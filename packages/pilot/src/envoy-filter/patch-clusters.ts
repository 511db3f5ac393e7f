import type { ClusterMatch } from '@meshwork/config/kinds'
import type { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { TransportSocket as TransportSocketMessage } from '@meshwork/protos/envoy/config/core/v3/base'
import { messageType } from '@meshwork/protos/any'
import { ok, type Result } from '@meshwork/core/result'
import { type CompiledPatch, patchesOf } from './compiled-patch.ts'
import { mergeMessages } from './merge-messages.ts'
import type { Failed } from './patch-routes.ts'
import { PATCHED_TYPES } from './patch-types.ts'

const TRANSPORT_SOCKET = messageType('envoy.config.core.v3.TransportSocket', TransportSocketMessage)

/** A cluster after the patches; null: removed. */
export function patchCluster(cluster: Cluster, patches: readonly CompiledPatch[], failed: Failed): Cluster | null {
  let result = cluster
  for (const patch of patchesOf(patches, 'CLUSTER')) {
    if (!matchesCluster(cluster.name, patch.match.cluster)) continue
    if (patch.operation === 'REMOVE') return null
    if (patch.operation !== 'MERGE' || patch.value === null) continue
    const merged = mergeCluster(result, patch.value)
    if (merged.kind === 'ok') result = merged.value
    else failed(patch, merged.error)
  }
  return result
}

/** Clusters that the patches add. */
export function addedClusters(patches: readonly CompiledPatch[]): readonly CompiledPatch<'CLUSTER'>[] {
  return patchesOf(patches, 'CLUSTER').filter(({ operation }) => operation === 'ADD')
}

/** Where the cluster chooses its socket by endpoint, a socket of the patch goes into those of its name. */
function mergeCluster(cluster: Cluster, patch: Cluster): Result<Cluster, string> {
  const socket = patch.transportSocket
  if (socket === undefined || !cluster.transportSocketMatches.some(each => each.transportSocket?.name === socket.name)) {
    return mergeMessages(PATCHED_TYPES.CLUSTER, cluster, patch)
  }
  const { transportSocket: _socket, ...rest } = patch
  const merged = mergeMessages(PATCHED_TYPES.CLUSTER, cluster, { ...rest, transportSocket: undefined })
  if (merged.kind === 'err') return merged
  const matches: Cluster['transportSocketMatches'] = []
  for (const each of merged.value.transportSocketMatches) {
    const changed = mergeSocket(each.transportSocket, socket)
    if (changed.kind === 'err') return changed
    matches.push({ ...each, transportSocket: changed.value })
  }
  return ok({ ...merged.value, transportSocketMatches: matches })
}

function mergeSocket(socket: TransportSocket | undefined, patch: TransportSocket): Result<TransportSocket | undefined, string> {
  return socket?.name === patch.name ? mergeMessages(TRANSPORT_SOCKET, socket, patch) : ok(socket)
}

function matchesCluster(name: string, match: ClusterMatch | undefined): boolean {
  if (match === undefined) return true
  if (match.name !== undefined && match.name !== '') return match.name === name
  const [, port = '', subset = '', host = ''] = name.split('|')
  if (match.subset !== undefined && match.subset !== '' && match.subset !== subset) return false
  if (match.service !== undefined && match.service !== '' && match.service !== host) return false
  return match.portNumber === 0 || String(match.portNumber) === port
}
