import type { Clock } from '@meshwork/core/time'
import type { ConnectionFacts, UpstreamFacts } from '../filters/filter.ts'
import type { NetworkConnection } from '../network-filters/network-filter.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { UpstreamConnectionFacts } from '../upstream/upstream-connection-facts.ts'

/** What is known of a relayed connection: what its access log can say. The parts that only requests have are empty. */
export class TcpStreamInfo implements StreamInfo {
  readonly connection: ConnectionFacts
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localReplyBody = ''
  readonly healthCheck = false
  readonly protocol = ''
  readonly method = ''
  readonly path = ''
  readonly authority = ''
  readonly scheme = ''
  readonly requestId = ''
  readonly requestHeaders = null
  readonly responseHeaders = null
  readonly responseTrailers = null
  readonly route = null
  readonly span = null
  readonly status = 0
  readonly requestDoneMs = -1
  readonly responseHeadMs = -1
  readonly startTimeMs: number
  logType = 'TcpConnectionEnd'
  attempts = 0
  flags = 0
  details = ''
  transportFailure = ''
  clusterName: string
  cluster: Cluster | null = null
  upstream: UpstreamFacts | null = null
  upstreamLocalAddress = ''
  upstreamConnection: UpstreamConnectionFacts | null = null
  requestBytes = 0
  responseBytes = 0
  private readonly clock: Clock
  private readonly startMs: number

  constructor({ facts }: NetworkConnection, clusterName: string, clock: Clock) {
    this.connection = facts
    this.remoteAddress = facts.remoteAddress
    this.remotePort = facts.remotePort
    this.clusterName = clusterName
    this.clock = clock
    this.startTimeMs = clock.now()
    this.startMs = clock.monotonicMs()
  }

  get requestTotalBytes(): number {
    return this.requestBytes
  }

  get responseTotalBytes(): number {
    return this.responseBytes
  }

  durationMs(): number {
    return this.clock.monotonicMs() - this.startMs
  }

  dynamicMetadata(): null {
    return null
  }

  clusterMetadata(): Readonly<Record<string, unknown>> | null {
    return this.cluster?.config.metadata ?? null
  }
}
