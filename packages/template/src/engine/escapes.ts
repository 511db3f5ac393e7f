/** What a character is written as between double quotes, by Go's `%q` and by YAML alike. */
export const SHARED_ESCAPES: Readonly<Record<string, string>> = {
  '"': String.raw`\"`,
  '\\': String.raw`\\`,
  '\u0007': String.raw`\a`,
  '\b': String.raw`\b`,
  '\t': String.raw`\t`,
  '\n': String.raw`\n`,
  '\v': String.raw`\v`,
  '\f': String.raw`\f`,
  '\r': String.raw`\r`,
}

/** By its number, in hexadecimal digits: two of them up to `lastOfTwo`, four, or eight. */
export function escapedPoint(character: string, lastOfTwo: number): string {
  const point = character.codePointAt(0) ?? 0
  const hex = point.toString(16)
  if (point <= lastOfTwo) return String.raw`\x` + hex.padStart(2, '0')
  return point <= 0xff_ff ? String.raw`\u` + hex.padStart(4, '0') : String.raw`\U` + hex.padStart(8, '0')
}
