import type { HeaderTable } from '../http/header-table.ts'
import type { Http2Options } from './http2-options.ts'
import type { Http2Output, Http2Sink } from './http2-sink.ts'
import type { Http2Stream } from './http2-stream.ts'

/** The peer's settings of most use to others (RFC 9113 6.5.2). */
export interface PeerSettings {
  readonly maxConcurrentStreams: number
  /** Extended CONNECT is understood (RFC 8441). */
  readonly allowsConnect: boolean
}

/**
 * One HTTP/2 connection, either role: bytes in, calls of the sink out; calls in, bytes out. No sockets, timers or clock: `nowMs`
 * is monotonic. Bytes to send are gathered until `flush`. Bounded whatever the peer does.
 */
export class Http2Session<Owner> {
  readonly peer: PeerSettings = { maxConcurrentStreams: 0x7fffffff, allowsConnect: false }
  /** Streams that take a place, opened by either side. */
  activeStreams = 0
  /** Failed: nothing is read or sent any more but what waits. */
  failed = false
  /** We have sent or received a GOAWAY. */
  draining = false

  constructor(role: 'server' | 'client', sink: Http2Sink<Owner>, output: Http2Output, options: Http2Options) {
    void [role, sink, output, options]
  }

  /** Sends preface and SETTINGS. Call once, first. */
  start(): void {}

  /** Takes the bytes from `from` to `to`, all of them. */
  feed(bytes: Buffer, from: number, to: number, nowMs: number): void {
    void [bytes, from, to, nowMs]
  }

  /** Client: `sendRequest` would give a stream. */
  get canStartStream(): boolean {
    return true
  }

  /**
   * Client. `protocol` is empty but for extended CONNECT; plain CONNECT has neither scheme nor path (empty). `host` and fields of
   * the connection are left out of `headers`. Null when the peer allows no more streams or the ids are used up.
   */
  sendRequest(
    owner: Owner,
    method: string,
    scheme: string,
    authority: string,
    path: string,
    protocol: string,
    headers: HeaderTable,
    endStream: boolean,
  ): Http2Stream<Owner> | null {
    void [owner, method, scheme, authority, path, protocol, headers, endStream]
    return null
  }

  /** Server. All that is sent on a closed stream is dropped. */
  sendResponse(stream: Http2Stream<Owner>, status: number, headers: HeaderTable, endStream: boolean): void {
    void [stream, status, headers, endStream]
  }

  /** Server: a 1xx response. */
  sendInterim(stream: Http2Stream<Owner>, status: number, headers: HeaderTable): void {
    void [stream, status, headers]
  }

  /** `volatile`: the chunk is a view into a buffer that will be read into again. Always taken; heed `stream.writable`. */
  sendData(stream: Http2Stream<Owner>, chunk: Buffer, endStream: boolean, volatile: boolean): void {
    void [stream, chunk, endStream, volatile]
  }

  /** Ends our side, after the data that waits. Nothing if it has ended. */
  sendEnd(stream: Http2Stream<Owner>, trailers: HeaderTable | null): void {
    void [stream, trailers]
  }

  /** Drops what waits on the stream. Nothing if it is closed. */
  resetStream(stream: Http2Stream<Owner>, code: number): void {
    void [stream, code]
  }

  /** `bytes` of the stream's data went on their way: the peer may send as many more. */
  consumed(stream: Http2Stream<Owner>, bytes: number): void {
    void [stream, bytes]
  }

  /** First step of a graceful end: announces that one is near (RFC 9113 6.8). New streams are still taken. */
  announceGoaway(): void {}

  /** Second step: no stream after the last one is taken. `debug` is text for people. The owner closes when `activeStreams` is 0. */
  goaway(code: number, debug: string): void {
    void [code, debug]
  }

  /** `opaque`: 0 to 2^32 - 1, comes back with `onPong`. */
  ping(opaque: number): void {
    void opaque
  }

  /** Hands what was gathered to the output; keeps it while that is congested. */
  flush(): void {}

  /** The output is not congested any more. */
  onWritable(): void {}

  /** The connection is gone: tells all streams `connection`. */
  terminate(): void {}
}
