/** How a stream came to be closed, as far as it is remembered. */
export const CLOSED_LONG_AGO = 0
/** Both sides ended it, or the peer reset it: it sends nothing more on it. */
export const CLOSED_BY_PEER = 1
/** We reset or ignore it: frames of the peer may still be on their way. */
export const CLOSED_BY_US = 2

const REMEMBERED = 16
const REMEMBERED_RESETS = 256

/** The last streams that were closed, so that late frames are told from wrong ones (RFC 9113 5.1). Bounded. */
export class ClosedStreams {
  private readonly byPeer = new Int32Array(REMEMBERED)
  private byUs: Int32Array | null = null

  add(id: number, byUs: boolean): void {
    if (byUs) {
      this.byUs ??= new Int32Array(REMEMBERED_RESETS)
      this.byUs[(id >> 1) % REMEMBERED_RESETS] = id
    } else {
      this.byPeer[(id >> 1) % REMEMBERED] = id
    }
  }

  how(id: number): number {
    if (this.byUs?.[(id >> 1) % REMEMBERED_RESETS] === id) return CLOSED_BY_US
    return this.byPeer[(id >> 1) % REMEMBERED] === id ? CLOSED_BY_PEER : CLOSED_LONG_AGO
  }
}
