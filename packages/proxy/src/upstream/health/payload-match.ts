/** Whether `bytes` holds all of `parts` in this order, with anything before, between and after them. */
export function holdsInOrder(bytes: Buffer, parts: readonly Buffer[]): boolean {
  let at = 0
  for (const part of parts) {
    const found = bytes.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return true
}
