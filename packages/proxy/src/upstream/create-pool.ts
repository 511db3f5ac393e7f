import { AutoPool } from './auto-pool.ts'
import type { ClusterContext } from './cluster-context.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { FollowingPool } from './following-pool.ts'
import type { Host } from './host.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Pool } from './http2-pool.ts'
import { TunnelPool } from './tunnel-pool.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** The connections to a host, in the protocol that its cluster says. */
export function createPool(cluster: ClusterContext, host: Host, via: UpstreamSocket | null): ConnectionPool {
  switch (cluster.config.protocol) {
    case 'http1':
      return http1Pool(cluster, host, via)
    case 'http2':
      return new Http2Pool(cluster, host, via)
    case 'use-downstream':
      return new FollowingPool(http1Pool(cluster, host, via), new Http2Pool(cluster, host, via))
    case 'auto':
      // Without TLS there is nothing that could choose.
      return (via?.tls ?? null) === null ? new Http1Pool(cluster, host, via) : new AutoPool(cluster, host, via)
  }
}

function http1Pool(cluster: ClusterContext, host: Host, via: UpstreamSocket | null): ConnectionPool {
  return via?.tls?.tunnels === true ? new TunnelPool(cluster, host, via) : new Http1Pool(cluster, host, via)
}
