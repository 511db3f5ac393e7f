/** One end of HTTP/2 connections, as decoded from `envoy.config.core.v3.Http2ProtocolOptions`. */
export interface Http2Options {
  /** Streams that the peer may have open at a time; towards an upstream, that we open at most. */
  readonly maxConcurrentStreams: number
  /** Bytes of one stream that the peer may send before we take them, 65,535 to 2^31-1. */
  readonly streamWindowBytes: number
  /** The same for all streams of a connection together. */
  readonly connectionWindowBytes: number
  /** Size of the table with which the peer compresses headers towards us. */
  readonly hpackTableBytes: number
  /** Extended CONNECT (RFC 8441), and CONNECT towards upstreams. */
  readonly allowConnect: boolean
  /** A malformed message ends its stream only; otherwise the connection. */
  readonly streamErrors: boolean
  /** Budgets against floods. */
  readonly floods: Http2FloodBudgets
  /** Pings that tell a dead connection from an idle one; null: none. */
  readonly keepalive: Http2Keepalive | null
}

/** The fields of `Http2ProtocolOptions` (`max_outbound_frames` and so on, `max_consecutive_inbound_frames_with_empty_payload`). */
export interface Http2FloodBudgets {
  readonly maxOutboundFrames: number
  readonly maxOutboundControlFrames: number
  readonly maxConsecutiveEmptyFrames: number
  readonly maxPriorityFramesPerStream: number
  readonly maxWindowUpdatesPerDataFrame: number
}

export interface Http2Keepalive {
  /** 0: no pings at intervals. */
  readonly intervalMs: number
  /** A ping that is not answered for so long ends the connection. */
  readonly timeoutMs: number
  /** A connection that was idle for so long is asked before it gets a request. 0: it is not. */
  readonly idleIntervalMs: number
}

/** What Envoy takes where nothing is configured. */
export const DEFAULT_HTTP2_OPTIONS: Http2Options = {
  maxConcurrentStreams: 1024,
  streamWindowBytes: 16 * 1024 * 1024,
  connectionWindowBytes: 24 * 1024 * 1024,
  hpackTableBytes: 4096,
  allowConnect: false,
  streamErrors: false,
  floods: {
    maxOutboundFrames: 10_000,
    maxOutboundControlFrames: 1000,
    maxConsecutiveEmptyFrames: 1,
    maxPriorityFramesPerStream: 100,
    maxWindowUpdatesPerDataFrame: 10,
  },
  keepalive: null,
}
