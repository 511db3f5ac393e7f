import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SocketRead } from './socket-read.ts'
import { type TurnEndTask, turnEnd } from './turn-end.ts'

/** The owner of a connection's bytes. All calls come from the event loop, never from inside a call to `Transport`. */
export interface TransportHandler {
  /** `bytes` from `from` to `to` is valid only during the call if `transport.reusesBuffer`. */
  onBytes(bytes: Buffer, from: number, to: number): void
  /** The peer will send no more. */
  onFin(): void
  /** After a write left `congested` true: it is false again. */
  onDrain(): void
  /** Exactly once, last of all. `reset`: not by an orderly end. */
  onClosed(reset: boolean): void
}

/** Bytes up to this size are written as text together with what precedes them; measured cheaper than a second buffer. */
export const SMALL_BYTES = 4096

/**
 * A connected socket, plain or TLS, behind one narrow face: one text write per message, views copied only when they must
 * outlive the read buffer, no event emitters for its users. The handler can be replaced when the protocol becomes known.
 */
export class Transport implements TurnEndTask {
  readonly socket: Socket
  handler: TransportHandler
  closed = false
  bytesRead = 0
  bytesWritten = 0
  /** The handler relays bulk data: the connection may be given a read buffer of its own. */
  bulk = false
  private readonly read: SocketRead | null
  private failed = false
  private firstToLeave: 'nobody' | 'us' | 'peer' = 'nobody'
  /** Called when lent bytes were written. */
  private told: (() => void) | null = null
  /** Text that leaves at the end of the turn. */
  private kept = ''

  /** `read`: where the socket reads to; null: each read has a buffer of its own. */
  constructor(socket: Socket, handler: TransportHandler, read: SocketRead | null) {
    this.socket = socket
    this.handler = handler
    this.read = read
    if (read !== null) read.transport = this
    socket.on('end', () => {
      this.leaves('peer')
      this.handler.onFin()
    })
    socket.on('drain', () => this.handler.onDrain())
    socket.on('error', () => {
      this.failed = true
      this.leaves('peer')
    })
    socket.on('close', () => this.onClose())
  }

  /** The peer began to end the connection, or it broke. */
  get peerLeft(): boolean {
    return this.firstToLeave === 'peer'
  }

  /** Bytes handed to the handler are overwritten by the next read. */
  get reusesBuffer(): boolean {
    return this.read !== null
  }

  /** Nobody else reads into the buffer: bytes handed to the handler stay as they are while the transport is paused. */
  get ownsBuffer(): boolean {
    return this.read !== null && this.read.owns
  }

  /** Called by whoever reads from the socket. */
  receive(bytes: Buffer, to: number): void {
    this.bytesRead += to
    this.handler.onBytes(bytes, 0, to)
  }

  /** What was read last may still be needed where it is. */
  get paused(): boolean {
    return this.socket.isPaused()
  }

  /** More is waiting to be sent than should be. */
  get congested(): boolean {
    return this.socket.writableNeedDrain
  }

  /** Something was written that the kernel has not taken yet. */
  get waiting(): boolean {
    return this.socket.writableLength > 0
  }

  /**
   * `text` is latin1: one character is one byte. It leaves when all sockets of this turn have been read: a peer on another
   * core is then woken once for many messages, which costs us less than the messages (measured: a tenth of a request).
   */
  writeText(text: string): void {
    if (this.closed) return
    this.bytesWritten += text.length
    if (this.kept === '') {
      this.kept = text
      turnEnd.add(this)
    } else {
      this.kept += text
    }
  }

  onTurnEnd(): void {
    if (!this.closed) this.writeKept()
  }

  /** The bytes must not change afterwards. */
  writeBytes(bytes: Buffer): void {
    if (this.closed) return
    this.bytesWritten += bytes.length
    this.writeKept()
    this.socket.write(bytes)
  }

  /**
   * Bytes whose place the caller wants back. True: it may have it, the kernel has taken them, or TLS, which encrypts or copies at
   * once. What must wait behind earlier bytes is copied, so that a slow reader costs no more memory than its bytes.
   */
  writeShared(bytes: Buffer): boolean {
    if (this.closed) return true
    this.bytesWritten += bytes.length
    this.writeKept()
    const { socket } = this
    if (socket.writableLength > 0) {
      socket.write(Buffer.from(bytes))
      return true
    }
    socket.write(bytes)
    return socket.writableLength === 0 || socket instanceof TLSSocket
  }

  /** The bytes may change as soon as nothing is `waiting`; if something is, `onDrain` tells when. */
  lendBytes(bytes: Buffer): void {
    if (this.closed) return
    this.writeKept()
    this.bytesWritten += bytes.length
    // From its high-water mark on, a socket tells of its own accord.
    if (bytes.length >= this.socket.writableHighWaterMark) this.socket.write(bytes)
    else this.socket.write(bytes, (this.told ??= () => this.onTold()))
  }

  /** `head`, then `chunk`, then `tail`. `volatile`: the chunk is a view into a buffer that will be read into again. */
  writeFramed(head: string, chunk: Buffer, tail: string, volatile: boolean): void {
    if (this.closed) return
    this.bytesWritten += head.length + chunk.length + tail.length
    const { socket } = this
    socket.cork()
    this.writeKept()
    if (head.length > 0) socket.write(head, 'latin1')
    socket.write(volatile ? Buffer.from(chunk) : chunk)
    if (tail.length > 0) socket.write(tail, 'latin1')
    socket.uncork()
  }

  pause(): void {
    if (!this.closed) this.socket.pause()
  }

  resume(): void {
    if (!this.closed) this.socket.resume()
  }

  /** Sends what is waiting, then FIN. */
  end(): void {
    if (this.closed) return
    this.leaves('us')
    this.writeKept()
    this.socket.end()
  }

  /** Sends what is waiting, then closes both directions. */
  endAndClose(): void {
    if (this.closed) return
    this.leaves('us')
    this.writeKept()
    this.socket.destroySoon()
  }

  destroy(): void {
    this.leaves('us')
    if (!this.closed) this.writeKept()
    this.socket.destroy()
  }

  /** Closes with RST, so that the peer cannot take what it has for a whole message. */
  reset(): void {
    if (this.closed) return
    this.leaves('us')
    this.writeKept()
    if (this.socket.writableLength === 0) this.socket.resetAndDestroy()
    else this.socket.destroy()
  }

  private leaves(who: 'us' | 'peer'): void {
    if (this.firstToLeave === 'nobody') this.firstToLeave = who
  }

  private writeKept(): void {
    const text = this.kept
    if (text === '') return
    this.kept = ''
    this.socket.write(text, 'latin1')
  }

  private onTold(): void {
    if (!this.closed && !this.waiting) this.handler.onDrain()
  }

  private onClose(): void {
    if (this.closed) return
    this.closed = true
    this.read?.end()
    this.handler.onClosed(this.failed)
    // Node holds the socket for some time yet, and with it this transport: what it served need not grow old with them.
    this.handler = NOBODY
  }
}

/** What ALPN chose for a connection; empty without TLS or without a choice. */
export function alpnOf({ socket }: Transport): string {
  return 'alpnProtocol' in socket && typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : ''
}

const NOBODY: TransportHandler = { onBytes: ignore, onFin: ignore, onDrain: ignore, onClosed: ignore }

function ignore(): void {}
