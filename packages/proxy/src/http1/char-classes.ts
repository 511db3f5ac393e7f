/** Characters by code (0 to 255): 1 where the grammar allows them. */
export const TOKEN: Uint8Array = classOf(code => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(String.fromCharCode(code)))

/** Bytes of a field value: HTAB, SP, visible and obs-text (RFC 9110 5.5). */
export const FIELD_VALUE: Uint8Array = classOf(code => code === 9 || (code >= 32 && code !== 127))

/** Bytes of a request target: visible ASCII (RFC 3986 allows fewer; what is left out here splits lines or hides). */
export const TARGET: Uint8Array = classOf(code => code > 32 && code < 127)

/** Value of a hexadecimal digit, 255 for anything else. */
export const HEX_VALUE: Uint8Array = hexValues()

export const CR = 13
export const LF = 10
export const SP = 32
export const HTAB = 9
export const COLON = 58
export const SEMICOLON = 59

function classOf(allowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (allowed(code) ? 1 : 0))
}

function hexValues(): Uint8Array {
  const values = new Uint8Array(256).fill(255)
  for (const digit of '0123456789abcdefABCDEF') values[digit.charCodeAt(0)] = Number.parseInt(digit, 16)
  return values
}
