import { err, ok, type Result } from '@meshwork/core/result'
import { type ExpressionError, expressionError } from './expression-error.ts'
import type { Expression } from './expression.ts'
import { boolConstant, parseConstant, textConstant, unescapeText } from './literals.ts'
import { type Token, tokenize } from './tokens.ts'

/** Bounds on input: an expression of a rule is a line or two, and both bound the depth of recursion over the tree. */
const LONGEST_EXPRESSION = 16_384
const MOST_TOKENS = 2_000

/** Go's binary operators: precedence and the name under which they are called (mixer.md 4.1). Most are defined for no type. */
const BINARY: Readonly<Record<string, readonly [precedence: number, name: string]>> = {
  '||': [1, 'LOR'],
  '&&': [2, 'LAND'],
  '==': [3, 'EQ'],
  '!=': [3, 'NEQ'],
  '<': [3, 'LSS'],
  '<=': [3, 'LEQ'],
  '>': [3, 'GTR'],
  '>=': [3, 'GEQ'],
  '+': [4, 'ADD'],
  '-': [4, 'SUB'],
  '|': [4, 'OR'],
  '^': [4, 'XOR'],
  '*': [5, 'MUL'],
  '/': [5, 'QUO'],
  '%': [5, 'REM'],
  '<<': [5, 'SHL'],
  '>>': [5, 'SHR'],
  '&': [5, 'AND'],
  '&^': [5, 'AND_NOT'],
}

const UNARY: Readonly<Record<string, string>> = { '+': 'ADD', '-': 'SUB', '!': 'NOT', '^': 'XOR', '&': 'AND' }

/** What stands before a `.`, `[` or `(`, because not everything may. A name grows with each `.part`. */
type Primary =
  | { readonly form: 'name'; readonly parts: readonly string[] }
  | { readonly form: 'value' | 'index'; readonly expression: Expression }

class SyntaxProblem extends Error {}

class Parser {
  private readonly tokens: readonly Token[]
  private position = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  parse(): Expression {
    const expression = this.binary(1)
    if (this.peek().kind !== 'end') this.fail(`unexpected expression '${this.peek().text}'`)
    return expression
  }

  private binary(lowest: number): Expression {
    let left = this.unary()
    for (;;) {
      const operator = this.peek().kind === 'operator' ? BINARY[this.peek().text] : undefined
      if (operator === undefined || operator[0] < lowest) return left
      this.position++
      // Left associative: the right operand binds tighter.
      left = { kind: 'call', name: operator[1], target: undefined, args: [left, this.binary(operator[0] + 1)] }
    }
  }

  private unary(): Expression {
    const token = this.peek()
    const name = token.kind === 'operator' ? UNARY[token.text] : undefined
    if (name === undefined) return this.finished(this.primary())
    this.position++
    return { kind: 'call', name, target: undefined, args: [this.unary()] }
  }

  private primary(): Primary {
    let primary = this.operand()
    for (;;) {
      if (this.accept('.')) primary = this.selected(primary)
      else if (this.accept('(')) primary = this.called(primary)
      else if (this.accept('[')) primary = this.indexed(primary)
      else return primary
    }
  }

  private operand(): Primary {
    const token = this.next()
    switch (token.kind) {
      case 'identifier': {
        const bool = this.peek().text === '.' ? undefined : boolConstant(token.text)
        return bool === undefined ? { form: 'name', parts: [token.text] } : { form: 'value', expression: bool }
      }
      case 'operator':
      case 'end':
        return { form: 'value', expression: this.grouped(token) }
      default:
        return { form: 'value', expression: this.literal(token) }
    }
  }

  private grouped(token: Token): Expression {
    if (token.text !== '(') this.fail(`unexpected expression '${token.text === '' ? 'end of text' : token.text}'`, token)
    const inner = this.binary(1)
    this.expect(')')
    return inner
  }

  private literal(token: Token): Expression {
    if (token.kind === 'integer' || token.kind === 'float') return this.number(token)
    const content = token.text.slice(1, -1)
    if (token.kind === 'raw-string') return textConstant(content.replaceAll('\r', ''), token.text)
    const text = unescapeText(content, token.text[0] ?? '')
    if (text === undefined) this.fail('unknown escape sequence', token)
    if (token.kind === 'character' && Array.from(text).length !== 1) this.fail('more than one character between single quotes', token)
    return textConstant(text, token.text)
  }

  private number(token: Token): Expression {
    const constant = parseConstant(token.text, token.kind === 'integer' ? 'INT64' : 'DOUBLE')
    if (constant.kind === 'err') this.fail(constant.error, token)
    if (/^0\d*[89]/.test(token.text) && token.kind === 'integer') this.fail(`'${token.text}' is not a number in decimal digits`, token)
    return constant.value
  }

  /** `name.part`, or `value.method(…)`. */
  private selected(primary: Primary): Primary {
    const token = this.next()
    if (token.kind !== 'identifier') this.fail('expected a name', token)
    if (primary.form === 'name') return { form: 'name', parts: [...primary.parts, token.text] }
    if (primary.form === 'index' || !this.accept('(')) this.fail(`unexpected expression '.${token.text}'`, token)
    return { form: 'value', expression: { kind: 'call', name: token.text, target: primary.expression, args: this.args() } }
  }

  /** `function(…)`, or `attribute.name.method(…)`. */
  private called(primary: Primary): Primary {
    if (primary.form !== 'name') this.fail('unexpected expression before (')
    const name = primary.parts.at(-1) ?? ''
    const of = primary.parts.slice(0, -1).join('.')
    const target: Expression | undefined = of === '' ? undefined : { kind: 'attribute', name: of }
    return { form: 'value', expression: { kind: 'call', name, target, args: this.args() } }
  }

  private indexed(primary: Primary): Primary {
    const key = this.binary(1)
    this.expect(']')
    return { form: 'index', expression: { kind: 'call', name: 'INDEX', target: undefined, args: [this.finished(primary), key] } }
  }

  /** Behind the opening parenthesis. A comma before the closing one is allowed, as in Go. */
  private args(): readonly Expression[] {
    const args: Expression[] = []
    while (!this.accept(')')) {
      args.push(this.binary(1))
      if (this.accept(')')) break
      this.expect(',')
    }
    return args
  }

  private finished(primary: Primary): Expression {
    return primary.form === 'name' ? { kind: 'attribute', name: primary.parts.join('.') } : primary.expression
  }

  private peek(): Token {
    return this.tokens[this.position] ?? { kind: 'end', text: '', column: 1 }
  }

  private next(): Token {
    const token = this.peek()
    this.position++
    return token
  }

  private accept(operator: string): boolean {
    const token = this.peek()
    if (token.kind !== 'operator' || token.text !== operator) return false
    this.position++
    return true
  }

  private expect(operator: string): void {
    if (!this.accept(operator)) this.fail(`expected '${operator}', found '${this.peek().text}'`)
  }

  private fail(message: string, token: Token = this.peek()): never {
    throw new SyntaxProblem(`1:${token.column}: ${message}`)
  }
}

/** Parses an expression; the grammar is in mixer.md 4.1. */
export function parseExpression(text: string): Result<Expression, ExpressionError> {
  const refuse = (reason: string): Result<Expression, ExpressionError> =>
    err(expressionError('parse', `unable to parse expression '${text.slice(0, 200)}': ${reason}`))
  if (text.length > LONGEST_EXPRESSION) return refuse(`longer than ${LONGEST_EXPRESSION} characters`)
  const tokens = tokenize(text)
  if (tokens.kind === 'err') return refuse(tokens.error)
  if (tokens.value.length > MOST_TOKENS) return refuse(`more than ${MOST_TOKENS} words and operators`)
  try {
    return ok(new Parser(tokens.value).parse())
  } catch (error) {
    if (error instanceof SyntaxProblem) return refuse(error.message)
    throw error
  }
}
