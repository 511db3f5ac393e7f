import type { Transport } from '../net/transport.ts'

/**
 * Chunks from this size on are written without a copy where they can be. Not below the high-water mark of a socket, so that
 * `onDrain` always follows once they are written.
 */
const LENT_BYTES = 65_536

/** Writes on what was read. Reading stops while too much waits, and while the read buffer itself waits to be written. */
export function relay(from: Transport, to: Transport, chunk: Buffer): void {
  if (from.ownsBuffer && chunk.length >= LENT_BYTES) {
    to.writeBytes(chunk)
    if (to.waiting) from.pause()
    return
  }
  to.writeFramed('', chunk, '', from.reusesBuffer)
  if (to.congested) from.pause()
}
