import { CR, LF } from './char-classes.ts'

/** Position behind the first CRLF CRLF in `bytes` from `from` to `to`, or -1. Looks at one byte of four where it can. */
export function findHeadEnd(bytes: Uint8Array, from: number, to: number): number {
  let i = from + 3
  while (i < to) {
    const byte = bytes[i] ?? 0
    if (byte > CR) {
      i += 4
    } else if (byte === LF) {
      if (bytes[i - 1] !== CR) i += 2
      else if (bytes[i - 2] === LF && bytes[i - 3] === CR) return i + 1
      else i += 2
    } else {
      i += 1
    }
  }
  return -1
}

/** Whether `bytes` holds a line feed that no carriage return precedes. Only asked for heads that are not complete. */
export function hasBareLineFeed(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = bytes.indexOf(LF, from); i >= 0 && i < to; i = bytes.indexOf(LF, i + 1)) {
    if (i === 0 || bytes[i - 1] !== CR) return true
  }
  return false
}
