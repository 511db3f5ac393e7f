import { SyntaxFault } from './syntax-fault.ts'

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gsu

/** What a quoted string stands for, by Go's escapes. `\x` and octal escapes name code points up to 255. */
export function unquoteString(quoted: string, at: number): string {
  return quoted.slice(1, -1).replaceAll(ESCAPE, (whole, hex, short, long, octal, simple) => {
    const digits: unknown = hex ?? short ?? long
    if (typeof digits === 'string') return character(Number.parseInt(digits, 16), at)
    if (typeof octal === 'string') return character(Number.parseInt(octal, 8), at)
    const plain = SIMPLE[String(simple)]
    if (plain === undefined)
      throw new SyntaxFault(at, `unknown escape '${whole}' in a string`, 'write a backslash as \\\\ or use a raw string in back quotes')
    return plain
  })
}

/** The decimal code point of a character constant such as `'a'`. */
export function unquoteCharacter(quoted: string, at: number): string {
  const text = unquoteString(quoted, at)
  const point = text.codePointAt(0)
  if (point === undefined || String.fromCodePoint(point) !== text)
    throw new SyntaxFault(at, `${quoted} is not one character`, 'write strings in double quotes')
  return String(point)
}

function character(point: number, at: number): string {
  if (point > 0x10_ff_ff) throw new SyntaxFault(at, 'an escape is beyond the last code point', 'code points end at \\U0010FFFF')
  return String.fromCodePoint(point)
}
