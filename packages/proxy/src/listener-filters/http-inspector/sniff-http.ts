/** What the first bytes of a connection in the clear are; `more`: too few to tell. */
export type SniffedHttp = 'http/1.0' | 'http/1.1' | 'h2c' | 'other' | 'more'

const H2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** Longest request line that is waited for (extensions.filters.listener.http_inspector: 64 KiB). */
const MAX_LINE_BYTES = 65_536
const MAX_METHOD_BYTES = 64
const SPACE = 0x20
const LF = 0x0a
const VERSION = / HTTP\/1\.([01])\r?$/

/** RFC 9110 5.6.2: characters of a token, of which a method consists. */
const TOKEN: readonly boolean[] = Array.from({ length: 256 }, (_, code) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)))

/** Total over any bytes; the answer does not depend on how they were cut. */
export function sniffHttp(bytes: Buffer): SniffedHttp {
  if (bytes.length === 0) return 'more'
  const compared = Math.min(bytes.length, H2_PREFACE.length)
  if (bytes.compare(H2_PREFACE, 0, compared, 0, compared) === 0) return compared === H2_PREFACE.length ? 'h2c' : 'more'
  if (!mayBeMethod(bytes)) return 'other'
  const lineEnd = bytes.indexOf(LF)
  if (lineEnd < 0) return bytes.length < MAX_LINE_BYTES ? 'more' : 'other'
  const version = VERSION.exec(bytes.toString('latin1', Math.max(0, lineEnd - 16), lineEnd))
  if (version === null) return 'other'
  return version[1] === '1' ? 'http/1.1' : 'http/1.0'
}

function mayBeMethod(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === SPACE) return i > 0
    if (i >= MAX_METHOD_BYTES || TOKEN[byte] !== true) return false
  }
  return true
}
