import { DEFAULT_FLOOD_LIMITS, type Http2Options as SessionOptions } from '../http2/index.ts'
import type { HttpConnectionManagerConfig } from '../model/listener.ts'

/** How much of a response may wait for a client's window before its upstream is paused, in bytes. */
const STREAM_BUFFER_BYTES = 65_536

/** What a connection manager allows its clients. */
export function http2ServerOptions({ http2, maxRequestHeadersBytes, maxRequestHeadersCount }: HttpConnectionManagerConfig): SessionOptions {
  return {
    maxConcurrentStreams: http2.maxConcurrentStreams,
    streamWindow: http2.streamWindowBytes,
    connectionWindow: http2.connectionWindowBytes,
    headerTableBytes: http2.hpackTableBytes,
    maxHeaderListBytes: maxRequestHeadersBytes,
    maxHeaders: maxRequestHeadersCount,
    allowConnect: http2.allowConnect,
    invalidMessageResetsStream: http2.streamErrors,
    streamBufferBytes: STREAM_BUFFER_BYTES,
    floods: { ...DEFAULT_FLOOD_LIMITS, ...http2.floods },
  }
}
