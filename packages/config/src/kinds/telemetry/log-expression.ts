/** What a filter of access logs asks for: the part of CEL that proxies can decide without an interpreter. */
export type LogCondition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly LogCondition[] }
  /** The status of the answer. */
  | { readonly kind: 'status'; readonly operator: 'equal' | 'at-least' | 'at-most' | 'not-equal'; readonly value: number }
  /** `value` undefined: the header is there. */
  | { readonly kind: 'header'; readonly name: string; readonly value?: string; readonly not: boolean }

const TOKEN = /\s*(&&|\|\||==|!=|>=|<=|>|<|\(|\)|\[|\]|!|\d+|'[^']*'|"[^"]*"|[a-zA-Z_][\w.]*)/y
const LONGEST = 4096
const DEEPEST = 16

/**
 * Reads `response.code`, compared with a number, and `request.headers['x']`, compared with a text or asked for with `in`, put
 * together with `&&`, `||` and parentheses. undefined for all else that CEL can say.
 */
export function parseLogExpression(text: string): LogCondition | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined) return undefined
  const reader = new Reader(tokens)
  const condition = anyOf(reader, 0)
  return reader.atEnd ? condition : undefined
}

function tokensOf(text: string): readonly string[] | undefined {
  if (text.length > LONGEST) return undefined
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  const end = text.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text)
    if (match?.[1] === undefined) return undefined
    tokens.push(match[1])
  }
  return tokens
}

class Reader {
  private readonly tokens: readonly string[]
  private at = 0

  constructor(tokens: readonly string[]) {
    this.tokens = tokens
  }

  get atEnd(): boolean {
    return this.at === this.tokens.length
  }

  /** The next token if it is `wanted`. */
  take(wanted: string): boolean {
    if (this.tokens[this.at] !== wanted) return false
    this.at++
    return true
  }

  next(): string {
    return this.tokens[this.at++] ?? ''
  }
}

function anyOf(reader: Reader, depth: number): LogCondition | undefined {
  return joined(reader, depth, '||', 'any', allOf)
}

function allOf(reader: Reader, depth: number): LogCondition | undefined {
  return joined(reader, depth, '&&', 'all', single)
}

type Parse = (reader: Reader, depth: number) => LogCondition | undefined

function joined(reader: Reader, depth: number, sign: string, kind: 'all' | 'any', part: Parse): LogCondition | undefined {
  const of: LogCondition[] = []
  do {
    const condition = part(reader, depth)
    if (condition === undefined) return undefined
    of.push(condition)
  } while (reader.take(sign))
  return of.length === 1 ? of[0] : { kind, of }
}

function single(reader: Reader, depth: number): LogCondition | undefined {
  if (depth > DEEPEST) return undefined
  if (reader.take('(')) {
    const inner = anyOf(reader, depth + 1)
    return reader.take(')') ? inner : undefined
  }
  const first = reader.next()
  if (first === 'response.code') return status(reader)
  if (first === 'request.headers') return header(reader)
  const name = quoted(first)
  return name !== undefined && reader.take('in') && reader.take('request.headers')
    ? { kind: 'header', name: name.toLowerCase(), not: false }
    : undefined
}

function status(reader: Reader): LogCondition | undefined {
  const sign = reader.next()
  const written = reader.next()
  if (!/^\d{1,9}$/.test(written)) return undefined
  const value = Number(written)
  switch (sign) {
    case '==':
      return { kind: 'status', operator: 'equal', value }
    case '!=':
      return { kind: 'status', operator: 'not-equal', value }
    case '>=':
      return { kind: 'status', operator: 'at-least', value }
    case '<=':
      return { kind: 'status', operator: 'at-most', value }
    case '>':
      return { kind: 'status', operator: 'at-least', value: value + 1 }
    case '<':
      return value === 0 ? undefined : { kind: 'status', operator: 'at-most', value: value - 1 }
    default:
      return undefined
  }
}

function header(reader: Reader): LogCondition | undefined {
  if (!reader.take('[')) return undefined
  const name = quoted(reader.next())
  if (name === undefined || !reader.take(']')) return undefined
  const sign = reader.next()
  const value = quoted(reader.next())
  if (value === undefined || (sign !== '==' && sign !== '!=')) return undefined
  return { kind: 'header', name: name.toLowerCase(), value, not: sign === '!=' }
}

function quoted(token: string): string | undefined {
  return /^['"]/.test(token) && !token.includes('\\') ? token.slice(1, -1) : undefined
}
