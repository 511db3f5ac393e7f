import { DEFAULT_FLOOD_LIMITS, type Http2Options as SessionOptions } from '../http2/index.ts'
import type { ClusterConfig } from '../model/cluster.ts'

/** How much of a request may wait for an upstream's window before its client is paused, in bytes. */
const STREAM_BUFFER_BYTES = 65_536
/** Envoy's limits for responses. */
const MAX_HEADER_BYTES = 61_440
const MAX_HEADERS = 200

/** What a cluster allows its hosts. */
export function http2ClientOptions({ http2 }: ClusterConfig): SessionOptions {
  return {
    maxConcurrentStreams: http2.maxConcurrentStreams,
    streamWindow: http2.streamWindowBytes,
    connectionWindow: http2.connectionWindowBytes,
    headerTableBytes: http2.hpackTableBytes,
    maxHeaderListBytes: MAX_HEADER_BYTES,
    maxHeaders: MAX_HEADERS,
    allowConnect: http2.allowConnect,
    invalidMessageResetsStream: http2.streamErrors,
    streamBufferBytes: STREAM_BUFFER_BYTES,
    floods: { ...DEFAULT_FLOOD_LIMITS, ...http2.floods },
  }
}
