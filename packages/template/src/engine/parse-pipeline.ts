import type { Command, FunctionCall, Operand, OperandRoot, Pipe } from './ast.ts'
import { SyntaxFault } from './syntax-fault.ts'
import type { Token } from './tokenize.ts'

const MAX_PARENTHESES = 100

/** Reads pipelines from the tokens of one action. */
export class PipelineParser {
  readonly #tokens: readonly Token[]
  readonly #end: number
  readonly #calls: FunctionCall[]
  #next = 0
  #depth = 0

  /** `calls` gets every name of a function that is read. */
  constructor(tokens: readonly Token[], end: number, calls: FunctionCall[]) {
    this.#tokens = tokens
    this.#end = end
    this.#calls = calls
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#next + ahead]
  }

  take(): Token {
    const token = this.peek()
    if (token === undefined) throw new SyntaxFault(this.#end, 'an action ends too early', 'write the missing value')
    this.#next += 1
    return token
  }

  takeIf(text: string): boolean {
    const token = this.peek()
    if (token === undefined || token.text !== text || token.kind !== 'punctuation') return false
    this.#next += 1
    return true
  }

  /** All tokens must have been used. */
  finish(): void {
    const token = this.peek()
    if (token !== undefined) throw new SyntaxFault(token.at, `unexpected '${token.text}'`, 'an action holds one statement')
  }

  /** A pipeline up to the end of the action, with the variables that it sets; two of them only for `range`. */
  statement(maximum: 1 | 2): Pipe {
    const bound = this.#bindings(maximum)
    const pipe = { ...bound, commands: this.#commands() }
    this.finish()
    return pipe
  }

  #bindings(maximum: number): Pick<Pipe, 'binding' | 'variables'> {
    const first = this.peek()
    if (first?.kind !== 'variable') return { binding: 'none', variables: [] }
    const mark = this.peek(1)
    if (mark?.kind === 'punctuation' && (mark.text === ':=' || mark.text === '=')) {
      this.#next += 2
      return { binding: mark.text === '=' ? 'assign' : 'declare', variables: [first.text] }
    }
    const second = this.peek(2)
    const after = this.peek(3)
    if (mark?.text !== ',' || mark.kind !== 'punctuation' || second?.kind !== 'variable') return { binding: 'none', variables: [] }
    if (maximum < 2) throw new SyntaxFault(mark.at, 'two variables are for range only', 'set one variable at a time')
    if (after?.text !== ':=' && after?.text !== '=')
      throw new SyntaxFault(second.at, "':=' is missing", 'write: range $key, $value := .map')
    this.#next += 4
    return { binding: after.text === '=' ? 'assign' : 'declare', variables: [first.text, second.text] }
  }

  #commands(): Command[] {
    const commands = [this.#command()]
    while (this.takeIf('|')) commands.push(this.#command())
    const late = commands.slice(1).find(command => command.operands[0].kind !== 'function' && command.operands[0].fields.length === 0)
    if (late !== undefined) throw new SyntaxFault(late.at, 'a value after | must be a function', 'put the value before the first |')
    return commands
  }

  #command(): Command {
    const first = this.#operand()
    const operands: [Operand, ...Operand[]] = [first]
    for (let token = this.peek(); token !== undefined && !isCommandEnd(token); token = this.peek()) {
      if (!token.spaced && token.text !== '(')
        throw new SyntaxFault(token.at, `a space is missing before '${token.text}'`, 'separate arguments by spaces')
      operands.push(this.#operand())
    }
    return { operands, at: first.at }
  }

  #operand(): Operand {
    const token = this.take()
    const root = this.#root(token)
    const fields: string[] = token.kind === 'field' ? [token.text] : []
    for (let next = this.peek(); next?.kind === 'field' && !next.spaced; next = this.peek()) fields.push(this.take().text)
    if (fields.length > 0 && (root.kind === 'literal' || root.kind === 'nil'))
      throw new SyntaxFault(token.at, `'${token.text}' has no fields`, 'ask for fields of maps only')
    return { ...root, fields, at: token.at }
  }

  #root(token: Token): OperandRoot {
    switch (token.kind) {
      case 'field':
        return { kind: 'dot' }
      case 'variable':
        return { kind: 'variable', name: token.text }
      case 'string':
        return { kind: 'literal', value: token.text }
      case 'character':
        return { kind: 'literal', value: BigInt(token.text) }
      case 'number':
        return { kind: 'literal', value: numberLiteral(token) }
      case 'identifier':
        return this.#word(token)
      case 'punctuation':
        return this.#punctuation(token)
    }
  }

  #word({ text, at }: Token): OperandRoot {
    if (text === 'nil') return { kind: 'nil' }
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
    this.#calls.push({ name: text, at })
    return { kind: 'function', name: text }
  }

  #punctuation(token: Token): OperandRoot {
    if (token.text === '.') return { kind: 'dot' }
    if (token.text !== '(') throw new SyntaxFault(token.at, `unexpected '${token.text}'`, 'a value is missing before it')
    this.#depth += 1
    if (this.#depth > MAX_PARENTHESES) throw new SyntaxFault(token.at, 'parentheses are nested too deeply', 'put parts into variables')
    const pipe: Pipe = { binding: 'none', variables: [], commands: this.#commands() }
    this.#depth -= 1
    if (!this.takeIf(')')) throw new SyntaxFault(token.at, "a '(' has no ')'", 'close the parenthesis')
    return { kind: 'pipe', pipe }
  }
}

function isCommandEnd(token: Token): boolean {
  return token.kind === 'punctuation' && (token.text === '|' || token.text === ')')
}

function numberLiteral(token: Token): number | bigint {
  const text = token.text.replaceAll('_', '')
  const whole = /^([+-]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|\d+)$/.exec(text)
  if (whole === null) return Number(text)
  const digits = whole[2] ?? '0'
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  if (value >= 2n ** 63n) throw new SyntaxFault(token.at, `${token.text} does not fit in 64 bits`, 'write it as a string')
  return whole[1] === '-' ? -value : value
}
