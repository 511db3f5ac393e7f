import { escapedPoint, SHARED_ESCAPES } from '../engine/escapes.ts'
import { resolvesToOther } from './resolves.ts'

/** Where a string stands: its own column, the indentation of lines that follow, and whether it is a key. */
export interface ScalarPlace {
  readonly indent: number
  readonly column: number
  readonly key: boolean
}

/** Lines longer than this are folded at the next single space. */
const BEST_WIDTH = 80
const UNPRINTABLE = /[^\n\u0020-\u007E\u00A0-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD]/
const STARTS = /^[#,[\]{}&*!|>'"%@`]|^[?:-](?:[ \t\n]|$)|^(?:---|\.\.\.)/
const INSIDE = /:(?:[ \t\n]|$)|[ \t\n]#/

/**
 * A string in the style that Go's YAML library chooses: plain where it reads back as the same string, double quotes where
 * YAML 1.1 would read something else, single quotes around indicators, a literal block for several lines.
 */
export function scalarText(text: string, place: ScalarPlace): string {
  const special = UNPRINTABLE.test(text) || / \n/.test(text)
  if (text.includes('\n')) return place.key || special || text.endsWith(' ') ? doubleQuoted(text, place) : literal(text, place)
  if (special || resolvesToOther(text)) return doubleQuoted(text, place)
  const plain = !STARTS.test(text) && !INSIDE.test(text) && !/^ | $/.test(text)
  return plain ? fold(text, place, false) : `'${fold(text.replaceAll("'", "''"), { ...place, column: place.column + 1 }, true)}'`
}

function literal(text: string, { indent }: ScalarPlace): string {
  const hint = /^[ \n]/.test(text) ? '2' : ''
  const body = text.split('\n').map(line => (line === '' ? '' : ' '.repeat(indent) + line))
  if (!text.endsWith('\n')) return [`|${hint}-`, ...body].join('\n')
  const keep = text === '\n' || text.endsWith('\n\n')
  return [`|${hint}${keep ? '+' : ''}`, ...body.slice(0, -1)].join('\n')
}

/** Breaks at single spaces behind the best width. Quoted text keeps its first and its last space. */
function fold(text: string, place: ScalarPlace, quoted: boolean): string {
  if (place.key || place.column + text.length <= BEST_WIDTH) return text
  const characters = Array.from(text)
  let out = ''
  let column = place.column
  let spaces = false
  for (const [index, character] of characters.entries()) {
    const edge = quoted && (index === 0 || index === characters.length - 1)
    if (character === ' ' && !spaces && column > BEST_WIDTH && !edge && characters[index + 1] !== ' ') {
      out += `\n${' '.repeat(place.indent)}`
      column = place.indent
    } else {
      out += character
      column += 1
    }
    spaces = character === ' '
  }
  return out
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...SHARED_ESCAPES,
  '\0': String.raw`\0`,
  '\u001B': String.raw`\e`,
  '\u0085': String.raw`\N`,
  '\u2028': String.raw`\L`,
  '\u2029': String.raw`\P`,
}
/** YAML writes characters up to here by two digits. */
const LAST_LATIN = 0xff

function doubleQuoted(text: string, place: ScalarPlace): string {
  const characters = Array.from(text)
  let out = '"'
  let column = place.column + 1
  let spaces = false
  for (const [index, character] of characters.entries()) {
    const inner = index > 0 && index < characters.length - 1
    if (character === ' ' && !place.key && !spaces && column > BEST_WIDTH && inner) {
      out += `\n${' '.repeat(place.indent)}${characters[index + 1] === ' ' ? '\\' : ''}`
      column = place.indent
    } else {
      const written = escaped(character)
      out += written
      column += written.length
    }
    spaces = character === ' '
  }
  return `${out}"`
}

function escaped(character: string): string {
  const known = ESCAPES[character]
  if (known !== undefined) return known
  if (!UNPRINTABLE.test(character)) return character
  // The letter that says how many digits follow keeps its case.
  return escapedPoint(character, LAST_LATIN).replace(/[0-9a-f]+$/, digits => digits.toUpperCase())
}
