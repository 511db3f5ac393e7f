import { err, ok, type Result } from '@meshwork/core/result'

export type TokenKind = 'identifier' | 'integer' | 'float' | 'string' | 'raw-string' | 'character' | 'operator' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Counted from 1, in UTF-16 units; what messages print as the column. */
  readonly column: number
}

/** Tried in order at each position. The tokens are Go's, as far as an expression can have them. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['identifier', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['float', /(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?/y],
  ['integer', /\d+/y],
  ['string', /"(?:[^"\\\n]|\\[^\n])*"/y],
  ['raw-string', /`[^`]*`/y],
  ['character', /'(?:[^'\\\n]|\\[^\n][0-9a-fA-F]*)'/uy],
  ['operator', /&&|\|\||==|!=|<=|>=|<<|>>|&\^|[-+*/%&|^!<>()[\],.]/y],
]

const SPACE = /[ \t\r\n]*/y

function tokenAt(text: string, position: number): Token | undefined {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (match !== null) return { kind, text: match[0], column: position + 1 }
  }
  return undefined
}

/** All tokens with an `end` behind them. */
export function tokenize(text: string): Result<readonly Token[], string> {
  const tokens: Token[] = []
  let position = 0
  for (;;) {
    SPACE.lastIndex = position
    position += SPACE.exec(text)?.[0].length ?? 0
    if (position >= text.length) break
    const token = tokenAt(text, position)
    if (token === undefined)
      return err(`1:${position + 1}: unexpected character '${String.fromCodePoint(text.codePointAt(position) ?? 0)}'`)
    const after = text[position + token.text.length] ?? ''
    if ((token.kind === 'integer' || token.kind === 'float') && /[\p{L}\p{Nd}_]/u.test(after)) {
      return err(`1:${position + 1}: '${token.text}${after}' is not a number in decimal digits`)
    }
    tokens.push(token)
    position += token.text.length
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 })
  return ok(tokens)
}
