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
}

export function syncStatus(client: ClientStatus): ProxySyncStatus {
  const { node, types } = client
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
