import type { ClientStatus, SyncState } from '@meshwork/xds/server'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'

export interface TypeStatus {
  /** `STALE`: sent and not confirmed yet. */
  readonly state: 'NOT SENT' | 'STALE' | 'SYNCED' | 'NACK'
  readonly version?: string
  /** Milliseconds since the epoch of the last change of `state`. */
  readonly since?: number
  /** The proxy's own words, for NACK. */
  readonly message?: string
}

/** One row of `meshctl proxy-status`. */
export interface ProxySyncStatus {
  readonly proxy: string
  readonly pod: string
  readonly clusterId: string
  readonly version: string
  readonly connectedAt: number
  readonly cds: TypeStatus
  readonly eds: TypeStatus
  readonly lds: TypeStatus
  readonly rds: TypeStatus
  /** Resources that wait until the proxy has the clusters that they lead to, by type. */
  readonly held_back: Readonly<Record<string, readonly string[]>>
  readonly proxy_version: string
  readonly cluster_sent: string
  readonly cluster_acked: string
  readonly listener_sent: string
  readonly listener_acked: string
  readonly route_sent: string
  readonly route_acked: string
  readonly endpoint_sent: string
  readonly endpoint_acked: string
  /** Of endpoints that were sent, in percent: 0 or 100, as they are acknowledged together. */
  readonly endpoint_percent: number
}

/** With the fields of Istio 1.0's row beside ours (traffic.md 4.4). */
export function syncStatus(client: ClientStatus): ProxySyncStatus {
  const { node, types } = client
  const sent = (type: string): string => sentVersion(types.get(type))
  const acked = (type: string): string => ackedVersion(types.get(type))
  const version = node.metadata['MESHWORK_VERSION']
  const clusterId = node.metadata['CLUSTER_ID']
  return {
    proxy: node.id,
    pod: node.id.split('~')[2] ?? node.id,
    clusterId: typeof clusterId === 'string' ? clusterId : '',
    version: typeof version === 'string' ? `meshwork ${version}` : node.userAgentName,
    connectedAt: client.connectedAt,
    cds: typeStatus(types.get(CLUSTER_TYPE)),
    eds: typeStatus(types.get(ENDPOINT_TYPE)),
    lds: typeStatus(types.get(LISTENER_TYPE)),
    rds: typeStatus(types.get(ROUTE_TYPE)),
    held_back: Object.fromEntries([...client.heldBack].map(([type, names]) => [type === ROUTE_TYPE ? 'rds' : 'lds', names])),
    proxy_version: typeof version === 'string' ? version : node.userAgentName,
    cluster_sent: sent(CLUSTER_TYPE),
    cluster_acked: acked(CLUSTER_TYPE),
    listener_sent: sent(LISTENER_TYPE),
    listener_acked: acked(LISTENER_TYPE),
    route_sent: sent(ROUTE_TYPE),
    route_acked: acked(ROUTE_TYPE),
    endpoint_sent: sent(ENDPOINT_TYPE),
    endpoint_acked: acked(ENDPOINT_TYPE),
    endpoint_percent: types.get(ENDPOINT_TYPE)?.kind === 'acked' ? 100 : 0,
  }
}

function typeStatus(state: SyncState | undefined): TypeStatus {
  switch (state?.kind) {
    case 'sent':
      return { state: 'STALE', version: state.version, since: state.sentAt }
    case 'acked':
      return { state: 'SYNCED', version: state.version, since: state.ackedAt }
    case 'nacked':
      return { state: 'NACK', version: state.version, since: state.nackedAt, message: state.message }
    default:
      return { state: 'NOT SENT' }
  }
}

function sentVersion(state: SyncState | undefined): string {
  return state === undefined || state.kind === 'never-sent' ? '' : state.version
}

function ackedVersion(state: SyncState | undefined): string {
  return state?.kind === 'acked' ? state.version : ''
}
