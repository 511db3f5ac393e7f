import { addressText } from '../net/address.ts'
import type { UpstreamFacts } from '../filters/filter.ts'
import type { EndpointConfig } from '../model/cluster.ts'
import type { ConnectionPool } from './connection-pool.ts'

/** Envoy's per-host figures. */
export class HostCounters {
  cxTotal = 0
  cxActive = 0
  cxConnectFail = 0
  rqTotal = 0
  rqActive = 0
  rqSuccess = 0
  rqError = 0
  rqTimeout = 0
}

/** One endpoint of a cluster while it is known. Survives updates that do not change it, with its connections and counts. */
export class Host implements UpstreamFacts {
  readonly cluster: string
  readonly endpoint: EndpointConfig
  readonly address: string
  readonly host: string
  readonly port: number
  readonly metadata: Readonly<Record<string, unknown>>
  /** Local address of connections to it; null: the system chooses. */
  readonly sourceAddress: string | null
  readonly counters: HostCounters = new HostCounters()
  /** Made when the first request goes to this host. */
  pool: ConnectionPool | null = null

  constructor(cluster: string, endpoint: EndpointConfig, sourceAddress: string | null) {
    this.cluster = cluster
    this.endpoint = endpoint
    this.sourceAddress = sourceAddress
    this.address = addressText(endpoint.address)
    this.host = endpoint.address.kind === 'tcp' ? endpoint.address.host : endpoint.address.path
    this.port = endpoint.address.kind === 'tcp' ? endpoint.address.port : 0
    this.metadata = endpoint.metadata
  }
}
