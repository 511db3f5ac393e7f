/** What one side of an HTTP/2 connection allows the other, from `Http2ProtocolOptions`. Times in ms, sizes in bytes. */
export interface Http2Options {
  /** Streams that the peer may have open at once; server only. 1 to 2^31 - 1. */
  readonly maxConcurrentStreams: number
  /** Receive window of each stream, 65,535 to 2^31 - 1 (smaller is allowed by the RFC and works). */
  readonly streamWindow: number
  /** Receive window of the connection, 65,535 to 2^31 - 1. */
  readonly connectionWindow: number
  /** Size of the table that the peer's encoder may use, and the most that ours uses of what the peer allows. */
  readonly headerTableBytes: number
  /** Names and values of one header section, with 32 per line as RFC 9113 6.5.2 counts. */
  readonly maxHeaderListBytes: number
  /** Lines of one header section, pseudo fields and cookie crumbs too. */
  readonly maxHeaders: number
  /** Extended CONNECT (RFC 8441) is announced and accepted; server only. */
  readonly allowConnect: boolean
  /**
   * A malformed message resets its stream (RFC 9113 8.1.1). Otherwise it ends the connection, as Envoy does unless
   * `override_stream_error_on_invalid_http_message` is set.
   */
  readonly invalidMessageResetsStream: boolean
  /** A stream with more than this waiting to be sent is not `writable`. */
  readonly streamBufferBytes: number
  readonly floods: FloodLimits
}

/** Budgets against peers that make us work for nothing; defaults are Envoy's. A spent budget ends the connection. */
export interface FloodLimits {
  /** Frames of any type that wait to be sent (`max_outbound_frames`). */
  readonly maxOutboundFrames: number
  /** PING, SETTINGS and RST_STREAM frames that wait to be sent (`max_outbound_control_frames`). */
  readonly maxOutboundControlFrames: number
  /** Frames without payload and without END_STREAM in a row (`max_consecutive_inbound_frames_with_empty_payload`). */
  readonly maxConsecutiveEmptyFrames: number
  /** `max_inbound_priority_frames_per_stream`. */
  readonly maxPriorityFramesPerStream: number
  /** PRIORITY frames within one second, whatever the streams. */
  readonly maxPriorityFramesPerSecond: number
  /** `max_inbound_window_update_frames_per_data_frame_sent`. */
  readonly maxWindowUpdatesPerDataFrame: number
  /**
   * Streams that end before they are answered, by the peer's reset or its fault, within `prematureResetWindowMs`; more if they are
   * less than half of those opened in that time.
   */
  readonly maxPrematureResets: number
  readonly prematureResetWindowMs: number
  /** SETTINGS frames within one second. */
  readonly maxSettingsPerSecond: number
  /** PING frames within one second. */
  readonly maxPingsPerSecond: number
  /** CONTINUATION frames of one header section. */
  readonly maxContinuations: number
}

export const DEFAULT_FLOOD_LIMITS: FloodLimits = {
  maxOutboundFrames: 10_000,
  maxOutboundControlFrames: 1000,
  maxConsecutiveEmptyFrames: 1,
  maxPriorityFramesPerStream: 100,
  maxPriorityFramesPerSecond: 1000,
  maxWindowUpdatesPerDataFrame: 10,
  maxPrematureResets: 100,
  prematureResetWindowMs: 10_000,
  maxSettingsPerSecond: 100,
  maxPingsPerSecond: 1000,
  maxContinuations: 1000,
}

/** Windows are those of Envoy's edge advice; its own defaults (16 MiB and 24 MiB) let one peer fill our memory. */
export const DEFAULT_HTTP2_OPTIONS: Http2Options = {
  maxConcurrentStreams: 1024,
  streamWindow: 65_536 * 4,
  connectionWindow: 1_048_576,
  headerTableBytes: 4096,
  maxHeaderListBytes: 61_440,
  maxHeaders: 100,
  allowConnect: false,
  invalidMessageResetsStream: false,
  streamBufferBytes: 65_536,
  floods: DEFAULT_FLOOD_LIMITS,
}
