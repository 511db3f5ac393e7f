import type { Delimiters } from './parse-options.ts'
import { SyntaxFault } from './syntax-fault.ts'
import { tokenize } from './tokenize.ts'
import type { Token } from './tokenize.ts'

/** Literal text between actions, or the tokens of one action. */
export type Segment =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly at: number }

const TRIM_LEFT = /^-(?=[ \t\r\n])/
const TRIMMED = /[ \t\r\n]*$/

/** Splits a template into text and actions. Comments vanish; trim markers have been applied to the text. */
export function segmentsOf(source: string, delimiters: Delimiters): Segment[] {
  const segments: Segment[] = []
  let position = 0
  let trimStart = false
  while (position < source.length) {
    const open = source.indexOf(delimiters.left, position)
    const end = open === -1 ? source.length : open
    const inner = open + delimiters.left.length
    const trimEnd = open !== -1 && TRIM_LEFT.test(source.slice(inner, inner + 2))
    pushText(segments, source.slice(position, end), position, trimStart, trimEnd)
    if (open === -1) break
    const action = readAction(source, trimEnd ? inner + 1 : inner, delimiters)
    if (action.tokens !== undefined) segments.push({ kind: 'action', tokens: action.tokens, at: open })
    position = action.end
    trimStart = action.trim
  }
  return segments
}

function pushText(segments: Segment[], raw: string, at: number, trimStart: boolean, trimEnd: boolean): void {
  let text = trimStart ? raw.replace(/^[ \t\r\n]+/, '') : raw
  if (trimEnd) text = text.replace(TRIMMED, '')
  if (text !== '') segments.push({ kind: 'text', text, at })
}

interface ActionText {
  readonly tokens: readonly Token[] | undefined
  readonly end: number
  readonly trim: boolean
}

function readAction(source: string, start: number, delimiters: Delimiters): ActionText {
  const comment = /^[ \t\r\n]*\/\*/.exec(source.slice(start, start + 64))
  if (comment !== null) return readComment(source, start, delimiters)
  return tokenize(source, start, delimiters)
}

function readComment(source: string, start: number, delimiters: Delimiters): ActionText {
  const close = source.indexOf('*/', start)
  if (close === -1) throw new SyntaxFault(start, 'a comment has no end', "close it with '*/' and the right delimiter")
  const rest = source.slice(close + 2)
  if (rest.startsWith(delimiters.right)) return { tokens: undefined, end: close + 2 + delimiters.right.length, trim: false }
  const trimmed = /^[ \t\r\n]-/.exec(rest)
  if (trimmed !== null && rest.startsWith(delimiters.right, 2))
    return { tokens: undefined, end: close + 4 + delimiters.right.length, trim: true }
  throw new SyntaxFault(close, 'a comment ends before its action does', `put '${delimiters.right}' right after '*/'`)
}
