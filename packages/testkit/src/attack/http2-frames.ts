/** Frame types and flags of RFC 9113 6, for clients that break its rules on purpose. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const
export const END_STREAM = 1
export const ACK = 1
export const END_HEADERS = 4

/** `ENHANCE_YOUR_CALM` of RFC 9113 7. */
export const ENHANCE_YOUR_CALM = 11

const HEAD_BYTES = 9
/** What every peer takes (RFC 9113 4.2). */
const MAX_FRAME_BYTES = 16_384

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = NOTHING): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A payload of one number of four bytes: RST_STREAM's code, WINDOW_UPDATE's bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** What a client says first: the preface and empty SETTINGS. */
export function http2Preface(): Buffer {
  return Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'), frame(FRAME.settings, 0, 0)])
}

/** A literal field that no table remembers (RFC 7541 6.2.2), whatever its octets. */
export function literalField(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), hpackString(name), hpackString(value)])
}

/** A literal field that enters the dynamic table (RFC 7541 6.2.1). */
export function rememberedField(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0x40), hpackString(name), hpackString(value)])
}

/** Names the newest entry of the dynamic table (RFC 7541 6.1): one byte. */
export const NEWEST_ENTRY: number = 0x80 | 62

/** `:method: GET`, `:scheme: http`, `:path: /`, `:authority: a`. */
export const GET_BLOCK: Buffer = Buffer.concat([Buffer.of(0x82, 0x86, 0x84), literalField(':authority', 'a')])

/** A GET that is complete. */
export function get(stream: number): Buffer {
  return frame(FRAME.headers, END_HEADERS | END_STREAM, stream, GET_BLOCK)
}

/** A header block as HEADERS and as many CONTINUATIONs as it needs. */
export function headerFrames(stream: number, block: Buffer, flags: number): readonly Buffer[] {
  const count = Math.max(1, Math.ceil(block.length / MAX_FRAME_BYTES))
  return Array.from({ length: count }, (_, i) => {
    const part = block.subarray(i * MAX_FRAME_BYTES, (i + 1) * MAX_FRAME_BYTES)
    const end = i === count - 1 ? END_HEADERS : 0
    return i === 0 ? frame(FRAME.headers, flags | end, stream, part) : frame(FRAME.continuation, end, stream, part)
  })
}

/** One frame that came back. */
export interface ReceivedFrame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** Cuts what a peer sent into frames. */
export class FrameCutter {
  private rest: Buffer = Buffer.alloc(0)

  /** The frames that `part` completes. */
  push(part: Buffer): readonly ReceivedFrame[] {
    this.rest = Buffer.concat([this.rest, part])
    const frames: ReceivedFrame[] = []
    for (;;) {
      const { rest } = this
      const end = rest.length < HEAD_BYTES ? Number.POSITIVE_INFINITY : HEAD_BYTES + rest.readUIntBE(0, 3)
      if (rest.length < end) return frames
      const stream = rest.readUInt32BE(5) & 0x7fff_ffff
      frames.push({ type: rest.readUInt8(3), flags: rest.readUInt8(4), stream, payload: rest.subarray(HEAD_BYTES, end) })
      this.rest = rest.subarray(end)
    }
  }
}

/** 7-bit prefixed length (RFC 7541 5.1), then the octets without Huffman coding. */
function hpackString(text: string): Buffer {
  const octets = Buffer.from(text, 'latin1')
  if (octets.length < 127) return Buffer.concat([Buffer.of(octets.length), octets])
  const length: number[] = [127]
  let left = octets.length - 127
  for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) | 128)
  return Buffer.concat([Buffer.from([...length, left]), octets])
}

const NOTHING = new Uint8Array(0)
