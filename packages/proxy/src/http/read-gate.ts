import type { Transport } from '../net/transport.ts'

/** Why a connection is not read at the moment. */
export const PIPELINE = 1
export const STREAM = 2

/** Reading goes on only when nobody has a reason against it. */
export class ReadGate {
  private readonly transport: Transport
  /** Bits of the reasons. */
  private reasons = 0

  constructor(transport: Transport) {
    this.transport = transport
  }

  shut(reason: number): void {
    if (this.reasons === 0) this.transport.pause()
    this.reasons |= reason
  }

  open(reason: number): void {
    if ((this.reasons & reason) === 0) return
    this.reasons &= ~reason
    if (this.reasons === 0) this.transport.resume()
  }
}
