import type { Socket } from 'node:net'
import type { Clock } from '@meshwork/core/time'
import { type ClientHello, readClientHello } from './client-hello.ts'

/** What the first bytes of a connection showed. */
export interface Sniffed {
  /** null: not TLS, or nothing came in time. */
  readonly hello: ClientHello | null
  /** `http/1.1` or `h2c` when the bytes begin like HTTP in the clear, else empty. */
  readonly plainProtocol: string
  /** All bytes read so far; the connection's protocol must see them first. */
  readonly bytes: Buffer
}

const NOTHING = Buffer.alloc(0)
const H2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/**
 * Reads until it is known what the client speaks, at most `timeoutMs` (0: no limit). A client that waits for the server to
 * speak first is passed on with no bytes then. Calls `done` once; null: the client left.
 */
export function sniff(socket: Socket, clock: Clock, timeoutMs: number, done: (sniffed: Sniffed | null) => void): void {
  let bytes: Buffer = NOTHING
  const timer = timeoutMs > 0 ? clock.after(timeoutMs, () => settle({ hello: null, plainProtocol: '', bytes })) : null
  const settle = (sniffed: Sniffed | null): void => {
    timer?.cancel()
    socket.off('data', onData)
    socket.off('end', onEnd)
    socket.off('close', onEnd)
    socket.pause()
    done(sniffed)
  }
  const onEnd = (): void => settle(bytes.length === 0 ? null : { hello: null, plainProtocol: '', bytes })
  const onData = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    const sniffed = decide(bytes)
    if (sniffed !== null) settle(sniffed)
  }
  socket.on('data', onData)
  socket.once('end', onEnd)
  socket.once('close', onEnd)
  socket.resume()
}

function decide(bytes: Buffer): Sniffed | null {
  const outcome = readClientHello(bytes)
  if (outcome.kind === 'more') return null
  if (outcome.kind === 'hello') return { hello: outcome.hello, plainProtocol: '', bytes }
  const text = bytes.toString('latin1', 0, 64)
  if (H2_PREFACE.startsWith(text.slice(0, H2_PREFACE.length)))
    return text.length < H2_PREFACE.length ? null : { hello: null, plainProtocol: 'h2c', bytes }
  return { hello: null, plainProtocol: /^[A-Z]+ \S/.test(text) ? 'http/1.1' : '', bytes }
}
