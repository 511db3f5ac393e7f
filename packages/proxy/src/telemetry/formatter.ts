import { type Command, parseTemplate } from './command-syntax.ts'
import { OPERATORS } from './operators.ts'
import type { StreamInfo } from './stream-info.ts'

/** A value of a stream as text; null where Envoy prints `-` or leaves a header out. */
export type Operator = (info: StreamInfo) => string | null

/** A template of text and `%COMMAND(argument):length%` parts, compiled once (Envoy's "command operators"). */
export class Formatter {
  private readonly literals: readonly string[]
  private readonly operators: readonly Operator[]
  /** By operator: its values have no peer's characters in them. */
  private readonly ownText: readonly boolean[]

  /** `literals` is one longer than `operators`, which stand between them. */
  constructor(literals: readonly string[], operators: readonly Operator[], ownText: readonly boolean[] = []) {
    this.literals = literals
    this.operators = operators
    this.ownText = ownText
  }

  /** The text when there are no operators, else null. */
  get constant(): string | null {
    return this.operators.length === 0 ? (this.literals[0] ?? '') : null
  }

  format(info: StreamInfo, absent: string): string {
    let text = this.literals[0] ?? ''
    for (let i = 0; i < this.operators.length; i++) text += (this.operators[i]?.(info) ?? absent) + (this.literals[i + 1] ?? '')
    return text
  }

  /** As `format`, for lines of a text log: what a peer sent cannot end a line, a quotation, or speak to a terminal. */
  formatLine(info: StreamInfo, absent: string = '-'): string {
    let text = this.literals[0] ?? ''
    for (let i = 0; i < this.operators.length; i++) {
      const value = this.operators[i]?.(info) ?? absent
      text += (this.ownText[i] === true ? value : printable(value)) + (this.literals[i + 1] ?? '')
    }
    return text
  }

  /** The value of a template that is one operator only, to keep its type in JSON logs; undefined for anything else. */
  single(info: StreamInfo): string | null | undefined {
    if (this.operators.length !== 1 || this.literals.some(text => text !== '')) return undefined
    return this.operators[0]?.(info) ?? null
  }
}

/** Quotes, backslashes, and control characters of both sets (C0 with DEL, C1). */
// oxlint-disable-next-line no-control-regex -- these are the characters that must not pass
const UNPRINTABLE = /["\\\0-\x1f\x7f-\x9f\u2028\u2029]/

function printable(value: string): string {
  return UNPRINTABLE.test(value) ? value.replaceAll(new RegExp(UNPRINTABLE, 'g'), escapeOf) : value
}

/** `\\x22` for a quote. */
function escapeOf(character: string): string {
  const code = character.charCodeAt(0)
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Compiles a format; `formatProblem` has said that there is nothing wrong with it. A command that is not known prints as absent. */
export function compileFormatter(template: string): Formatter {
  const { literals, commands } = parseTemplate(template)
  return new Formatter(literals, commands.map(operatorOf), commands.map(isOwnText))
}

function operatorOf({ name, argument, length }: Command): Operator {
  const operator = OPERATORS[name]?.(argument) ?? ABSENT
  return length === null ? operator : info => operator(info)?.slice(0, length) ?? null
}

/** What the default format has of our own: numbers, and the time in its usual form. */
const OWN_NUMBERS: ReadonlySet<string> = new Set(['RESPONSE_CODE', 'BYTES_RECEIVED', 'BYTES_SENT', 'DURATION'])

function isOwnText({ name, argument }: Command): boolean {
  return OWN_NUMBERS.has(name) || (name === 'START_TIME' && argument === '')
}

const ABSENT: Operator = () => null
