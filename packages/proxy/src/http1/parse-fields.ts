import { HeaderName, headerNames } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'
import { COLON, CR, FIELD_VALUE, HTAB, LF, SP, TOKEN } from './char-classes.ts'
import type { ParseProblem } from './parse-problem.ts'

/** Shorter values are read as fast as they are compared. */
const LONG_VALUE = 64
/** Of a longer head nothing is remembered (a value keeps the whole head alive): an idle connection must cost little. */
const MAX_HEAD = 4096

/** What the last message of a connection tells about the next one. */
export class FieldMemory {
  /** Stands before the first name; the first is its follower. */
  readonly start: HeaderName = new HeaderName('', '', 0)
  /** The longest value (a token, a cookie) and its name: found again, it need not be read, and is the same string as before. */
  longName: HeaderName | null = null
  longValue = ''
}

/**
 * Field lines from `at` to the end of `text`, each ended by CRLF (RFC 9112 5). Strict where leniency lets two parsers
 * disagree: no space before the colon, no folding, no bare CR or LF, no controls in values.
 */
export function parseFields(text: string, at: number, table: HeaderTable, maxCount: number, memory: FieldMemory): ParseProblem | null {
  const end = text.length
  const { names, values } = table
  let before = memory.start
  while (at < end) {
    let name = before.follower
    if (name !== null && text.startsWith(name.wire, at) && text.charCodeAt(at + name.wire.length) === COLON) {
      at += name.wire.length
    } else {
      const nameStart = at
      while (TOKEN[text.charCodeAt(at)] === 1) at++
      if (text.charCodeAt(at) !== COLON || at === nameStart) return 'field-name'
      name = headerNames.of(text.slice(nameStart, at))
      before.follower = name
    }
    before = name
    let code = text.charCodeAt(++at)
    while (code === SP || code === HTAB) code = text.charCodeAt(++at)
    if (names.length === maxCount) return 'too-many-fields'
    names.push(name)
    const valueStart = at
    if (name === memory.longName) at = endOfRemembered(text, at, memory.longValue)
    if (at > valueStart) {
      values.push(memory.longValue)
    } else {
      code = text.charCodeAt(at)
      while (FIELD_VALUE[code] === 1) code = text.charCodeAt(++at)
      if (code !== CR || text.charCodeAt(at + 1) !== LF) return 'field-value'
      const value = text.slice(valueStart, withoutTrailingSpace(text, valueStart, at))
      values.push(value)
      if (value.length >= LONG_VALUE) remember(memory, name, value, text)
    }
    at += 2
  }
  return null
}

/** Where a line ends that has the value of `known`, or `at` if it has another. */
function endOfRemembered(text: string, at: number, known: string): number {
  const end = at + known.length
  if (text.charCodeAt(end) !== CR || text.charCodeAt(end + 1) !== LF || text.slice(at, end) !== known) return at
  return end
}

function remember(memory: FieldMemory, name: HeaderName, value: string, head: string): void {
  if (head.length > MAX_HEAD || (name !== memory.longName && value.length <= memory.longValue.length)) return
  memory.longName = name
  memory.longValue = value
}

function withoutTrailingSpace(text: string, start: number, end: number): number {
  while (end > start) {
    const code = text.charCodeAt(end - 1)
    if (code !== SP && code !== HTAB) break
    end--
  }
  return end
}
