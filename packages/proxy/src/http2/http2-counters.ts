/** What sessions count: Envoy's names of its `http2.` statistics, and those of ours that it has none for. */
export const HTTP2_COUNTERS = [
  'goaway_sent',
  'header_overflow',
  'inbound_empty_frames_flood',
  'inbound_priority_frames_flood',
  'inbound_window_update_frames_flood',
  'outbound_control_flood',
  'outbound_flood',
  'rx_messaging_error',
  'rx_reset',
  'trailers',
  'tx_flush_timeout',
  'tx_reset',
  'continuation_flood',
  'ping_flood',
  'premature_resets',
  'settings_flood',
  'streams_refused',
] as const

export type Http2Counter = (typeof HTTP2_COUNTERS)[number]

/** Where sessions of one scope (all listeners, a cluster) count. */
export interface Http2Counters {
  count(which: Http2Counter): void
}

export const NO_HTTP2_COUNTERS: Http2Counters = { count: () => undefined }
