import type { ClientTlsContext } from '../tls/client-context.ts'
import { AutoPool } from './auto-pool.ts'
import type { ClusterContext } from './cluster-context.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { FollowingPool } from './following-pool.ts'
import type { Host } from './host.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Pool } from './http2-pool.ts'

/** The connections to a host, in the protocol that its cluster says. */
export function createPool(cluster: ClusterContext, host: Host, tls: ClientTlsContext | null): ConnectionPool {
  switch (cluster.config.protocol) {
    case 'http1':
      return new Http1Pool(cluster, host, tls)
    case 'http2':
      return new Http2Pool(cluster, host, tls)
    case 'use-downstream':
      return new FollowingPool(new Http1Pool(cluster, host, tls), new Http2Pool(cluster, host, tls))
    case 'auto':
      // Without TLS there is nothing that could choose.
      return tls === null ? new Http1Pool(cluster, host, tls) : new AutoPool(cluster, host, tls)
  }
}
