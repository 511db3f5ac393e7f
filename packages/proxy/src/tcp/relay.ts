import type { Transport } from '../net/transport.ts'

/** Smaller chunks are copied: that is cheaper than to watch over them. */
const LENT_BYTES = 4096

/** Writes on what was read. Reading stops while too much waits, and while the read buffer itself waits to be written. */
export function relay(from: Transport, to: Transport, chunk: Buffer): void {
  if (from.ownsBuffer && chunk.length >= LENT_BYTES) {
    to.lendBytes(chunk)
    if (to.waiting) from.pause()
    return
  }
  to.writeFramed('', chunk, '', from.reusesBuffer)
  if (to.congested) from.pause()
}
