import { headerNames } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'
import { COLON, CR, FIELD_VALUE, HTAB, LF, SP, TOKEN } from './char-classes.ts'
import type { ParseProblem } from './parse-problem.ts'

/**
 * Field lines from `at` to the end of `text`, each ended by CRLF (RFC 9112 5). Strict where leniency lets two parsers
 * disagree: no space before the colon, no folding, no bare CR or LF, no controls in values.
 */
export function parseFields(text: string, at: number, table: HeaderTable, maxCount: number): ParseProblem | null {
  const end = text.length
  while (at < end) {
    const nameStart = at
    let code = text.charCodeAt(at)
    while (TOKEN[code] === 1) code = text.charCodeAt(++at)
    if (code !== COLON || at === nameStart) return 'field-name'
    const name = headerNames.of(text.slice(nameStart, at))
    code = text.charCodeAt(++at)
    while (code === SP || code === HTAB) code = text.charCodeAt(++at)
    const valueStart = at
    while (FIELD_VALUE[code] === 1) code = text.charCodeAt(++at)
    if (code !== CR || text.charCodeAt(at + 1) !== LF) return 'field-value'
    if (table.size === maxCount) return 'too-many-fields'
    table.names.push(name)
    table.values.push(text.slice(valueStart, withoutTrailingSpace(text, valueStart, at)))
    at += 2
  }
  return null
}

function withoutTrailingSpace(text: string, start: number, end: number): number {
  while (end > start) {
    const code = text.charCodeAt(end - 1)
    if (code !== SP && code !== HTAB) break
    end--
  }
  return end
}
