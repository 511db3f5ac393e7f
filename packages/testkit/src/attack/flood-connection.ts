import { connect } from 'node:net'
import type { Http2Flood } from './http2-floods.ts'
import { FRAME, FrameCutter, http2Preface } from './http2-frames.ts'

/** How a flooded peer ended a connection. */
export interface FloodEnd {
  /** Code of its GOAWAY (RFC 9113 7), or -1 when it sent none. */
  readonly goaway: number
  /** Text of the GOAWAY. */
  readonly debug: string
  /** Codes of the RST_STREAM frames that came before. */
  readonly resets: ReadonlySet<number>
  readonly sentBytes: number
}

/** Sends the flood on one connection until the peer ends it, or for `limitMs`: then null. */
export function floodConnection(port: number, flood: Http2Flood, limitMs: number): Promise<FloodEnd | null> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const cutter = new FrameCutter()
    const resets = new Set<number>()
    let [goaway, debug, sentBytes, round] = [-1, '', 0, 0]
    const finish = (end: FloodEnd | null): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(end)
    }
    const timer = setTimeout(() => finish(null), limitMs)
    const pour = (): void => {
      if (socket.destroyed || goaway >= 0) return
      const piece = flood.piece(round++)
      sentBytes += piece.length
      if (socket.write(piece)) setImmediate(pour)
    }
    socket.on('connect', () => {
      socket.write(http2Preface())
      pour()
    })
    socket.on('drain', pour)
    socket.on('data', (part: Buffer) => {
      for (const { type, payload } of cutter.push(part)) {
        if (type === FRAME.reset) resets.add(payload.readUInt32BE(0))
        if (type !== FRAME.goaway) continue
        goaway = payload.readUInt32BE(4)
        debug = payload.toString('latin1', 8)
      }
    })
    socket.on('error', () => undefined)
    socket.on('end', () => socket.destroy())
    socket.once('close', () => finish({ goaway, debug, resets, sentBytes }))
  })
}
