import type { Transport } from '../../../net/transport.ts'
import { type ConnectHandler, connectTo } from '../../connect.ts'
import type { CheckTarget } from '../check-target.ts'

export interface CheckConnectionOwner {
  onConnected(transport: Transport): void
  /** The bytes are valid only during the call. */
  onBytes(bytes: Buffer): void
  /** Could not be made, or ended; told once, not after `close`. */
  onLost(): void
}

/** One connection for checks by bytes. */
export class CheckConnection implements ConnectHandler {
  /** null until it is made and after it ended. */
  transport: Transport | null = null
  private readonly target: CheckTarget
  private readonly owner: CheckConnectionOwner
  private pending: Transport | null = null
  private over = false

  constructor(target: CheckTarget, owner: CheckConnectionOwner) {
    this.target = target
    this.owner = owner
  }

  open(): void {
    this.pending = connectTo(this.target.host, this.target.via, this)
    // TLS secrets that are missing: nothing was begun.
    if (this.pending === null) queueMicrotask(() => this.lose())
  }

  close(): void {
    this.over = true
    this.transport = null
    this.pending?.destroy()
  }

  onConnected(): void {
    if (this.over || this.pending === null) return
    this.transport = this.pending
    this.owner.onConnected(this.pending)
  }

  onConnectFailed(): void {
    this.lose()
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    if (!this.over) this.owner.onBytes(bytes.subarray(from, to))
  }

  onFin(): void {
    this.lose()
  }

  onDrain(): void {}

  onClosed(): void {
    this.lose()
  }

  private lose(): void {
    if (this.over) return
    this.close()
    this.owner.onLost()
  }
}
