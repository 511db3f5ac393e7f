import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface RawAnswer {
  readonly text: string
  /** Status of every response, in order. */
  readonly statuses: readonly number[]
  /** The peer ended the connection within the time. */
  readonly closed: boolean
}

/** Writes these pieces as they are, 10 ms apart, and gives what came back until the peer closed or `limitMs` were over. */
export function rawExchange(port: number, pieces: readonly (string | Buffer)[], limitMs: number = 1_000): Promise<RawAnswer> {
  return exchangeOn(connect(port, '127.0.0.1'), pieces, limitMs)
}

export function exchangeOn(socket: Socket, pieces: readonly (string | Buffer)[], limitMs: number): Promise<RawAnswer> {
  return new Promise(resolve => {
    let text = ''
    const done = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, statuses: Array.from(text.matchAll(/HTTP\/1\.1 (\d{3}) /g), match => Number(match[1])), closed })
    }
    const timer = setTimeout(() => done(false), limitMs)
    socket.on('data', part => (text += part.toString('latin1')))
    socket.on('error', () => undefined)
    socket.once('close', () => done(true))
    for (const [index, piece] of pieces.entries()) {
      setTimeout(() => {
        if (!socket.destroyed) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
      }, index * PIECE_PAUSE_MS)
    }
  })
}

const PIECE_PAUSE_MS = 10
