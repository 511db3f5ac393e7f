import type { HeaderTable } from '../http/header-table.ts'
import { ByteWriter } from './byte-writer.ts'
import { CONTINUATION, DATA, FLAG_ACK, FLAG_END_HEADERS, FLAG_END_STREAM, FRAME_HEAD_BYTES, GOAWAY, HEADERS } from './frame.ts'
import { MAX_FRAME_BYTES, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE } from './frame.ts'
import { HpackEncoder } from './hpack-encoder.ts'
import { AUTHORITY, METHOD, PATH, PROTOCOL, SCHEME, STATUS } from './hpack-entry.ts'
import type { FloodLimits } from './http2-options.ts'
import type { SessionProblem } from './http2-sink.ts'

/** Static table indices of whole fields (RFC 7541 appendix A). */
const METHOD_GET = 2
const METHOD_POST = 3
const PATH_ROOT = 4
const SCHEME_HTTP = 6
const SCHEME_HTTPS = 7
const STATUS_INDEX: ReadonlyMap<number, number> = new Map([
  [200, 8],
  [204, 9],
  [206, 10],
  [304, 11],
  [400, 12],
  [404, 13],
  [500, 14],
])
const STATUS_TEXT: readonly string[] = Array.from({ length: 1000 }, (_, status) => String(status))

/** Builds frames into one buffer, and counts what the peer has not taken yet. */
export class FrameWriter {
  readonly out: ByteWriter = new ByteWriter()
  readonly hpack: HpackEncoder
  /** A budget of frames that wait is spent. */
  problem: SessionProblem | null = null
  private readonly limits: FloodLimits
  private readonly notify: () => void
  private notified = false
  private waitingFrames = 0
  private waitingControl = 0

  /** `notify` is called when something waits, once until `take`. */
  constructor(headerTableBytes: number, limits: FloodLimits, notify: () => void) {
    this.hpack = new HpackEncoder(headerTableBytes)
    this.limits = limits
    this.notify = notify
  }

  get empty(): boolean {
    return this.out.at === 0
  }

  /** All that waits, for the output to send. */
  take(): Buffer {
    this.waitingFrames = 0
    this.waitingControl = 0
    return this.out.take()
  }

  /** What `take` gave went out; `free`: its place can be used again. */
  taken(free: boolean): void {
    this.out.taken(free)
  }

  /** The owner has been asked to flush, and does. */
  beginFlush(): void {
    this.notified = false
  }

  preface(): void {
    this.out.reserve(PREFACE.length)
    this.out.copy(PREFACE, 0, PREFACE.length)
  }

  settings(pairs: readonly (readonly [number, number])[]): void {
    const { out } = this
    this.head(pairs.length * 6, SETTINGS, 0, 0)
    for (const [id, value] of pairs) {
      out.uint8(id >> 8)
      out.uint8(id)
      out.uint32(value)
    }
  }

  settingsAck(): void {
    this.control()
    this.head(0, SETTINGS, FLAG_ACK, 0)
  }

  ping(high: number, low: number, ack: boolean): void {
    if (ack) this.control()
    this.head(8, PING, ack ? FLAG_ACK : 0, 0)
    this.out.uint32(high)
    this.out.uint32(low)
  }

  reset(id: number, code: number): void {
    this.control()
    this.head(4, RST_STREAM, 0, id)
    this.out.uint32(code)
  }

  windowUpdate(id: number, bytes: number): void {
    this.head(4, WINDOW_UPDATE, 0, id)
    this.out.uint32(bytes)
  }

  goaway(lastId: number, code: number, debug: string): void {
    this.head(8 + debug.length, GOAWAY, 0, 0)
    this.out.uint32(lastId)
    this.out.uint32(code)
    this.out.latin1(debug)
  }

  /** The caller copies `length` bytes into `out` next. */
  dataHead(id: number, length: number, endStream: boolean): void {
    this.head(length, DATA, endStream ? FLAG_END_STREAM : 0, id)
  }

  request(
    id: number,
    method: string,
    scheme: string,
    authority: string,
    path: string,
    protocol: string,
    headers: HeaderTable,
    end: boolean,
  ): void {
    const start = this.beginBlock(id, end)
    const { hpack, out } = this
    if (method === 'GET') hpack.static(METHOD_GET, out)
    else if (method === 'POST') hpack.static(METHOD_POST, out)
    else hpack.field(METHOD, method, out)
    if (protocol !== '') hpack.field(PROTOCOL, protocol, out)
    if (scheme === 'http') hpack.static(SCHEME_HTTP, out)
    else if (scheme === 'https') hpack.static(SCHEME_HTTPS, out)
    else if (scheme !== '') hpack.field(SCHEME, scheme, out)
    if (authority !== '') hpack.field(AUTHORITY, authority, out)
    if (path === '/') hpack.static(PATH_ROOT, out)
    else if (path !== '') hpack.field(PATH, path, out)
    hpack.table(headers, out)
    this.endBlock(start, id, end)
  }

  response(id: number, status: number, headers: HeaderTable, end: boolean): void {
    const start = this.beginBlock(id, end)
    const index = STATUS_INDEX.get(status)
    if (index === undefined) this.hpack.field(STATUS, STATUS_TEXT[status] ?? '500', this.out)
    else this.hpack.static(index, this.out)
    this.hpack.table(headers, this.out)
    this.endBlock(start, id, end)
  }

  trailers(id: number, headers: HeaderTable): void {
    const start = this.beginBlock(id, true)
    this.hpack.table(headers, this.out)
    this.endBlock(start, id, true)
  }

  private beginBlock(id: number, end: boolean): number {
    this.head(0, HEADERS, FLAG_END_HEADERS | (end ? FLAG_END_STREAM : 0), id)
    const start = this.out.at
    this.hpack.begin(this.out)
    return start
  }

  private endBlock(start: number, id: number, end: boolean): void {
    const { out } = this
    const length = out.at - start
    if (length > MAX_FRAME_BYTES) {
      this.split(start, id, end)
      return
    }
    const head = start - FRAME_HEAD_BYTES
    out.bytes[head] = length >> 16
    out.bytes[head + 1] = length >> 8
    out.bytes[head + 2] = length
  }

  /** A block larger than a frame goes on in CONTINUATION frames, with nothing between them. */
  private split(start: number, id: number, end: boolean): void {
    const { out } = this
    const block = Buffer.from(out.bytes.subarray(start, out.at))
    out.at = start - FRAME_HEAD_BYTES
    for (let at = 0; at < block.length; at += MAX_FRAME_BYTES) {
      const to = Math.min(block.length, at + MAX_FRAME_BYTES)
      const flags = (to === block.length ? FLAG_END_HEADERS : 0) | (at === 0 && end ? FLAG_END_STREAM : 0)
      this.head(to - at, at === 0 ? HEADERS : CONTINUATION, flags, id)
      out.copy(block, at, to)
    }
  }

  private head(length: number, type: number, flags: number, id: number): void {
    const { out } = this
    out.reserve(FRAME_HEAD_BYTES + length)
    out.uint24(length)
    out.uint8(type)
    out.uint8(flags)
    out.uint32(id)
    if (++this.waitingFrames > this.limits.maxOutboundFrames) this.problem ??= 'outbound_flood'
    if (!this.notified) {
      this.notified = true
      this.notify()
    }
  }

  private control(): void {
    if (++this.waitingControl > this.limits.maxOutboundControlFrames) this.problem ??= 'outbound_control_flood'
  }
}
