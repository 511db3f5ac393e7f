import type { ConnectionFacts } from '../filters/filter.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'

/** What a listener's access log says of a connection (`Listener.access_log`): nothing of requests, which have logs of their own. */
export class ConnectionRecord implements StreamInfo {
  readonly connection: ConnectionFacts
  readonly remoteAddress: string
  readonly remotePort: number
  readonly protocol: string
  readonly method = ''
  readonly path = ''
  readonly authority = ''
  readonly scheme = ''
  readonly requestId = ''
  readonly requestHeaders = null
  readonly responseHeaders = null
  readonly responseTrailers = null
  readonly status = 0
  readonly flags: number
  readonly details: string
  readonly transportFailure = ''
  readonly route = null
  readonly span = null
  readonly upstreamConnection = null
  readonly clusterName = ''
  readonly upstream = null
  readonly upstreamLocalAddress = ''
  readonly requestBytes: number
  readonly responseBytes: number
  readonly startTimeMs: number
  readonly requestDoneMs = -1
  readonly responseHeadMs = -1
  readonly attempts = 0
  readonly localReplyBody = ''
  readonly healthCheck = false
  private readonly lastedMs: number

  constructor(connection: ConnectionFacts, end: ConnectionEnd) {
    this.connection = connection
    this.remoteAddress = connection.remoteAddress
    this.remotePort = connection.remotePort
    this.protocol = end.protocol
    this.flags = end.flags
    this.details = end.details
    this.requestBytes = end.bytesRead
    this.responseBytes = end.bytesWritten
    this.lastedMs = end.lastedMs
    this.startTimeMs = end.endedAtMs - end.lastedMs
  }

  get requestTotalBytes(): number {
    return this.requestBytes
  }

  get responseTotalBytes(): number {
    return this.responseBytes
  }

  durationMs(): number {
    return this.lastedMs
  }

  dynamicMetadata(namespace: string): Readonly<Record<string, unknown>> | null {
    return this.connection.metadata[namespace] ?? null
  }

  clusterMetadata(): null {
    return null
  }
}

/** How a connection went, as far as its last filter keeps no record of its own. */
export interface ConnectionEnd {
  /** `HTTP/1.1`, or empty. */
  readonly protocol: string
  /** Bits of `ResponseFlag`. */
  readonly flags: number
  /** `%RESPONSE_CODE_DETAILS%` */
  readonly details: string
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Milliseconds since the epoch. */
  readonly endedAtMs: number
  readonly lastedMs: number
}
