import { connect } from 'node:net'
import { FRAME, FrameCutter, http2Preface } from './http2-frames.ts'

/**
 * Sends these frames behind a preface and gives the first thing that answers stream 1: `200` and other statuses of HPACK's static table,
 * `headers` for the rest, `reset CODE`, `goaway CODE`, or `closed`.
 */
export function http2Exchange(port: number, frames: readonly Buffer[], limitMs: number = 5000): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([http2Preface(), ...frames])))
    const cutter = new FrameCutter()
    const finish = (outcome: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => finish('silence'), limitMs)
    socket.on('data', (part: Buffer) => {
      for (const { type, stream, payload } of cutter.push(part)) {
        if (type === FRAME.goaway) finish(`goaway ${payload.readUInt32BE(4)}`)
        else if (stream === 1 && type === FRAME.reset) finish(`reset ${payload.readUInt32BE(0)}`)
        else if (stream === 1 && type === FRAME.headers) finish(STATUSES.get(payload[0] ?? 0) ?? 'headers')
      }
    })
    socket.on('error', () => undefined)
    socket.once('close', () => finish('closed'))
  })
}

/** Indexed `:status` fields (RFC 7541 appendix A). */
const STATUSES: ReadonlyMap<number, string> = new Map([
  [0x88, '200'],
  [0x89, '204'],
  [0x8a, '206'],
  [0x8b, '304'],
  [0x8c, '400'],
  [0x8d, '404'],
  [0x8e, '500'],
])
