import type { ConnectionPoolSettings } from '@meshwork/config/kinds'
import type { Protocol } from '@meshwork/config/registry'

/**
 * Whether requests of HTTP/1.1 may share connections. Not where a rule counts connections, or requests that wait for one:
 * such limits mean that a connection carries one request at a time.
 */
export function mayTunnel(protocol: Protocol, pool: ConnectionPoolSettings | undefined): boolean {
  if (protocol !== 'http') return false
  const { tcp, http } = pool ?? {}
  if (http?.h2UpgradePolicy === 'DO_NOT_UPGRADE' || http?.h2UpgradePolicy === 'UPGRADE' || http?.useClientProtocol === true) return false
  return !tcp?.maxConnections && !http?.http1MaxPendingRequests && !http?.maxRequestsPerConnection
}
