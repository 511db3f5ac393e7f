import { ACK, END_HEADERS, END_STREAM, FRAME, frame, get, GET_BLOCK, literalField, NEWEST_ENTRY, rememberedField } from './http2-frames.ts'
import { uint32 } from './http2-frames.ts'

/** What a hostile client sends after its preface, again and again, until the connection ends. */
export interface Http2Flood {
  readonly name: string
  /** The `round`th piece, from 0. */
  piece(round: number): Buffer
}

const PER_PIECE = 1000

/** `PER_PIECE` times what `make` gives for the stream ids that follow each other. */
function many(make: (stream: number) => Buffer): (round: number) => Buffer {
  return round => Buffer.concat(Array.from({ length: PER_PIECE }, (_, i) => make((round * PER_PIECE + i) * 2 + 1)))
}

/** The same for frames that need no stream of their own; the first piece opens stream 1. */
function onOneStream(each: Buffer): (round: number) => Buffer {
  const open = frame(FRAME.headers, END_HEADERS, 1, GET_BLOCK)
  const all = Buffer.concat(Array.from({ length: PER_PIECE }, () => each))
  return round => (round === 0 ? Buffer.concat([open, all]) : all)
}

/** An entry of 4,000 bytes, and as many references to it as a frame holds: 16 kB of it mean 64 MB (CVE-2016-1544's class). */
function amplifiedBlock(): Buffer {
  return Buffer.concat([GET_BLOCK, rememberedField('x', 'a'.repeat(3900)), Buffer.alloc(11_000, NEWEST_ENTRY)])
}

/** Many small cookies, which one line must not become: each costs one byte (CVE-2026-47774's class). */
function crumbBlock(): Buffer {
  return Buffer.concat([GET_BLOCK, rememberedField('cookie', 'a'), Buffer.alloc(15_000, NEWEST_ENTRY)])
}

/** Floods of CVE-2019-9512 to 9518, CVE-2023-44487, CVE-2024-27919 and CVE-2025-8671. All are to be answered by the end of the connection. */
export const HTTP2_FLOODS: readonly Http2Flood[] = [
  { name: 'rapid reset', piece: many(stream => Buffer.concat([get(stream), frame(FRAME.reset, 0, stream, uint32(8))])) },
  {
    name: 'resets that the server is made to send',
    piece: many(stream =>
      Buffer.concat([frame(FRAME.headers, END_HEADERS, stream, GET_BLOCK), frame(FRAME.windowUpdate, 0, stream, uint32(0))]),
    ),
  },
  { name: 'CONTINUATION without an end', piece: round => continuations(round, literalField('x', 'a'.repeat(16_000))) },
  { name: 'small CONTINUATIONs without an end', piece: round => continuations(round, Buffer.of(0x82)) },
  { name: 'PING', piece: onOneStream(frame(FRAME.ping, 0, 0, Buffer.alloc(8))) },
  { name: 'SETTINGS', piece: onOneStream(frame(FRAME.settings, 0, 0, Buffer.of(0, 4, 0, 0, 255, 255))) },
  { name: 'PRIORITY', piece: onOneStream(frame(FRAME.priority, 0, 1, Buffer.of(0, 0, 0, 0, 1))) },
  {
    name: 'PRIORITY beside as many requests',
    piece: many(stream =>
      Buffer.concat([get(stream), ...Array.from({ length: 90 }, () => frame(FRAME.priority, 0, stream, Buffer.alloc(5)))]),
    ),
  },
  { name: 'empty DATA', piece: onOneStream(frame(FRAME.data, 0, 1)) },
  { name: 'empty CONTINUATION', piece: round => continuations(round, Buffer.alloc(0)) },
  { name: 'WINDOW_UPDATE of the connection', piece: onOneStream(frame(FRAME.windowUpdate, 0, 0, uint32(1))) },
  { name: 'WINDOW_UPDATE of a stream', piece: onOneStream(frame(FRAME.windowUpdate, 0, 1, uint32(1))) },
  { name: 'acknowledged SETTINGS that nobody sent', piece: onOneStream(frame(FRAME.settings, ACK, 0)) },
  { name: 'answers to a PING that nobody sent', piece: onOneStream(frame(FRAME.ping, ACK, 0, Buffer.alloc(8))) },
  { name: 'streams beyond the limit', piece: many(stream => frame(FRAME.headers, END_HEADERS, stream, GET_BLOCK)) },
  { name: 'amplified header blocks', piece: bombs(amplifiedBlock()) },
  { name: 'cookie crumbs', piece: bombs(crumbBlock()) },
]

function continuations(round: number, fragment: Buffer): Buffer {
  const all = Buffer.concat(Array.from({ length: PER_PIECE / 10 }, () => frame(FRAME.continuation, 0, 1, fragment)))
  return round === 0 ? Buffer.concat([frame(FRAME.headers, 0, 1, GET_BLOCK), all]) : all
}

/** A stream for each block, complete. */
function bombs(block: Buffer): (round: number) => Buffer {
  return round =>
    Buffer.concat(Array.from({ length: 10 }, (_, i) => frame(FRAME.headers, END_HEADERS | END_STREAM, (round * 10 + i) * 2 + 1, block)))
}
