import type { RouteAction } from '../model/route.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { ConnectionPool } from '../upstream/connection-pool.ts'
import type { Host } from '../upstream/host.ts'
import { TcpTunnels } from '../upstream/tcp-tunnel.ts'
import type { ConnectionPurpose } from '../upstream/upstream-socket.ts'
import type { StreamRecord } from './stream-record.ts'

/** Where a request gets its connection: from those to its host, or, if CONNECT ends here, a TCP connection of its own. */
export function requestPool(
  stream: StreamRecord,
  action: RouteAction,
  cluster: Cluster,
  host: Host,
  purpose: ConnectionPurpose | null,
): ConnectionPool {
  const tunnels = stream.method === 'CONNECT' && action.upgrades.get('connect')?.terminatesConnect === true
  if (tunnels) return new TcpTunnels(cluster, host, cluster.socketFor(host, purpose))
  if (cluster.config.preconnect.predictive !== 1) cluster.connectAhead()
  return cluster.poolOf(host, action.highPriority, purpose)
}
