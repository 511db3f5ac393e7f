import type { Socket } from 'node:net'
import { ACK, END_HEADERS, END_STREAM, FRAME, frame, FrameCutter, literalField } from './http2-frames.ts'

const PREFACE_BYTES = 24

/** Speaks as an HTTP/2 server on an accepted connection: each request's head is answered with the frames that `answer` gives for its stream. */
export function scriptedHttp2Upstream(socket: Socket, answer: (stream: number) => readonly Buffer[]): void {
  const cutter = new FrameCutter()
  let before = PREFACE_BYTES
  socket.write(frame(FRAME.settings, 0, 0))
  socket.on('data', (part: Buffer) => {
    const bytes = part.subarray(Math.min(before, part.length))
    before -= part.length - bytes.length
    for (const { type, flags, stream } of cutter.push(bytes)) {
      if (type === FRAME.settings && (flags & ACK) === 0) socket.write(frame(FRAME.settings, ACK, 0))
      if (type === FRAME.headers) socket.write(Buffer.concat(answer(stream)))
    }
  })
}

/** A response's head; with `end` nothing follows. */
export function responseHead(
  stream: number,
  status: string,
  fields: readonly (readonly [string, string])[] = [],
  end: boolean = false,
): Buffer {
  const block = [[':status', status] as const, ...fields].map(([name, value]) => literalField(name, value))
  return frame(FRAME.headers, END_HEADERS | (end ? END_STREAM : 0), stream, Buffer.concat(block))
}

export function responseData(stream: number, text: string, end: boolean): Buffer {
  return frame(FRAME.data, end ? END_STREAM : 0, stream, Buffer.from(text))
}
