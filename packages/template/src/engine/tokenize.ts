import { SyntaxFault } from './syntax-fault.ts'
import type { Delimiters } from './parse-options.ts'
import { unquoteCharacter, unquoteString } from './unquote.ts'

/** One word of an action. `spaced` says whether white space comes before it: `.A .B` are two operands, `.A.B` is one. */
export interface Token {
  readonly kind: 'identifier' | 'field' | 'variable' | 'number' | 'string' | 'character' | 'punctuation'
  /** The word; of a field its name without the dot, of a string what it stands for. */
  readonly text: string
  readonly at: number
  readonly spaced: boolean
}

export interface ActionTokens {
  readonly tokens: readonly Token[]
  /** Offset behind the right delimiter. */
  readonly end: number
  /** Whether the delimiter says to remove the white space behind it. */
  readonly trim: boolean
}

const SPACE = /[ \t\r\n]+/y
const NAME = /[\p{L}\p{Nd}_]+/uy
const NUMBER = /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y
const QUOTED = /"(?:[^"\\\n]|\\.)*"/y
const CHARACTER = /'(?:[^'\\\n]|\\.)+'/y
const RAW = /`[^`]*`/y
const PUNCTUATION = /:=|[()|,=.]/y

/** Reads words from `start` up to the right delimiter. */
export function tokenize(source: string, start: number, delimiters: Delimiters): ActionTokens {
  const tokens: Token[] = []
  let position = start
  let spaced = false
  for (;;) {
    const space = match(SPACE, source, position)
    spaced = space !== undefined
    position += space?.length ?? 0
    if (spaced && source[position] === '-' && source.startsWith(delimiters.right, position + 1))
      return { tokens, end: position + 1 + delimiters.right.length, trim: true }
    if (source.startsWith(delimiters.right, position)) return { tokens, end: position + delimiters.right.length, trim: false }
    if (position >= source.length)
      throw new SyntaxFault(start, 'an action has no end', `close it with '${delimiters.right}', and see that its quotes are closed`)
    const { token, length } = readToken(source, position, spaced)
    tokens.push(token)
    position += length
  }
}

function readToken(source: string, at: number, spaced: boolean): { token: Token; length: number } {
  const literal = readLiteral(source, at)
  if (literal !== undefined) return { token: { ...literal, at, spaced }, length: literal.length }
  const first = source[at]
  const name = match(NAME, source, first === '.' || first === '$' ? at + 1 : at)
  if (first === '$') return word('variable', `$${name ?? ''}`, source, at, spaced, 0)
  if (first === '.' && name !== undefined) return word('field', name, source, at, spaced, 1)
  const mark = match(PUNCTUATION, source, at)
  if (mark !== undefined) return { token: { kind: 'punctuation', text: mark, at, spaced }, length: mark.length }
  if (name !== undefined && first !== '.') return word('identifier', name, source, at, spaced, 0)
  throw new SyntaxFault(at, `unexpected '${source.slice(at, at + 1)}' in an action`, 'see that quotes and parentheses are closed')
}

function readLiteral(source: string, at: number): { kind: Token['kind']; text: string; length: number } | undefined {
  const quoted = match(QUOTED, source, at)
  if (quoted !== undefined) return { kind: 'string', text: unquoteString(quoted, at), length: quoted.length }
  const raw = match(RAW, source, at)
  if (raw !== undefined) return { kind: 'string', text: raw.slice(1, -1), length: raw.length }
  const character = match(CHARACTER, source, at)
  if (character !== undefined) return { kind: 'character', text: unquoteCharacter(character, at), length: character.length }
  const number = match(NUMBER, source, at)
  return number === undefined ? undefined : { kind: 'number', text: number, length: number.length }
}

/** A name must be followed by something that cannot be part of one: `.a-b` is a mistake, not `.a` minus `b`. */
function word(
  kind: Token['kind'],
  text: string,
  source: string,
  at: number,
  spaced: boolean,
  prefix: number,
): { token: Token; length: number } {
  const length = text.length + prefix
  const next = source.charAt(at + length)
  if (/[-+*/%&!?@#^~\\<>;'"`[\]]/.test(next) && !/^-?\}/.test(source.slice(at + length)))
    throw new SyntaxFault(
      at + length,
      `unexpected '${next}' after '${text}'`,
      `for a key with such characters write: index . "${text}${next}..."`,
    )
  return { token: { kind, text, at, spaced }, length }
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0]
}
