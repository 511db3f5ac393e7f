import type { HeaderTable } from '../http/header-table.ts'
import type { Http2Stream } from './http2-stream.ts'

/** How a stream ended before its time. */
export type ResetCause =
  /** The peer sent RST_STREAM. */
  | 'remote-reset'
  /** A GOAWAY of the peer says that the stream was never processed: it may be repeated elsewhere. */
  | 'remote-refused'
  /** The message of the peer is malformed, or too large; the peer has been told. */
  | 'malformed'
  /** The connection is lost, or its codec failed. */
  | 'connection'

/**
 * Told what the peer's bytes mean. For each stream: head, data…, end, or a reset at any point; then `onStreamClosed`, once,
 * last. Nothing is told of a stream after `resetStream` on it but `onStreamClosed`. Buffers are views, valid only during the call.
 * The calls may call back into the session.
 */
export interface Http2Sink<Owner> {
  /**
   * Server: a request; the fields of `stream` hold it. `onStreamEnd` follows also when `endStream`. Set `stream.owner` here.
   */
  onRequestHead(stream: Http2Stream<Owner>, endStream: boolean): void
  /** Client: the final response, in `stream.status` and `stream.headers`. */
  onResponseHead(stream: Http2Stream<Owner>, endStream: boolean): void
  /** Client: a 1xx response. */
  onInterimHead(stream: Http2Stream<Owner>, status: number, headers: HeaderTable): void
  /** The peer gets credit for these bytes when `consumed` is called for them, not before. */
  onData(stream: Http2Stream<Owner>, chunk: Buffer): void
  /** The peer's side of the stream is complete. */
  onStreamEnd(stream: Http2Stream<Owner>, trailers: HeaderTable | null): void
  onStreamReset(stream: Http2Stream<Owner>, code: number, cause: ResetCause): void
  /** After `stream.writable` was false: it is true again. */
  onStreamDrain(stream: Http2Stream<Owner>): void
  /** Our side is complete and on its way, the peer's is not complete. Absent: nothing follows from it. */
  onEndSent?(stream: Http2Stream<Owner>): void
  /** The stream takes no place any more. */
  onStreamClosed(stream: Http2Stream<Owner>): void
  /** The peer takes no new streams. Streams of ours above `lastStreamId` have been reported as `remote-refused`. */
  onGoaway(lastStreamId: number, code: number, debug: Buffer): void
  /** The peer's SETTINGS came: how many streams it allows may have changed. */
  onSettings(): void
  /** The answer to `ping`. */
  onPong(opaque: number): void
  /**
   * The peer broke the protocol or spent a budget: flush (a GOAWAY waits) and close. All streams have been told `connection`.
   * `reason` is for logs and statistics.
   */
  onSessionError(code: number, reason: SessionProblem): void
  /** Something waits to be sent: call `flush` before this turn of the event loop ends. Not repeated until then. */
  onOutput(): void
}

/** Why a session failed; names of Envoy's `http2` statistics where it has one. */
export type SessionProblem =
  | 'preface'
  | 'frame'
  | 'frame-size'
  | 'stream-id'
  | 'stream-state'
  | 'settings'
  | 'flow-control'
  | 'compression'
  | 'messaging'
  | 'header_overflow'
  | 'inbound_empty_frames_flood'
  | 'inbound_priority_frames_flood'
  | 'inbound_window_update_frames_flood'
  | 'outbound_flood'
  | 'outbound_control_flood'
  | 'premature_resets'
  | 'settings_flood'
  | 'ping_flood'
  | 'continuation_flood'

/** Where the session's bytes go. */
export interface Http2Output {
  /** More is waiting to be sent than should be. Call the session's `onWritable` when that is over. */
  readonly congested: boolean
  /** True: the bytes are on their way, and their place is free. False: the session never touches them again. */
  write(bytes: Buffer): boolean
}
