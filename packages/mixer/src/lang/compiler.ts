import { type AttributeBag, type AttributeValue, isStringMap, kindOfValue, valueToText } from '@meshwork/core/attributes'
import { err, ok, type Result } from '@meshwork/core/result'
import { checkExpression, type Vocabulary } from './checker.ts'
import { equalityOf } from './equality.ts'
import { type ExpressionError, expressionError } from './expression-error.ts'
import { type AttributeExpression, type CallExpression, type Expression, formatExpression } from './expression.ts'
import { compilePattern, type Extern, EXTERNS } from './externs.ts'
import { Failure } from './failure.ts'
import type { ValueType } from './value-type.ts'

/** Never missing: an absent attribute is a failure. */
export type Evaluate = (bag: AttributeBag) => AttributeValue | Failure
/** `undefined` when what is read is absent; for the left side of `|`. */
type Lookup = (bag: AttributeBag) => AttributeValue | Failure | undefined

export interface Program {
  readonly type: ValueType
  readonly evaluate: Evaluate
}

/** The vocabulary, and what its functions do. */
export interface Language extends Vocabulary {
  readonly externs: ReadonlyMap<string, Extern>
}

interface Representation {
  /** What `kindOfValue` says about a value of the type. */
  readonly kind: ReturnType<typeof kindOfValue>
  readonly words: string
}

const REPRESENTATIONS: Readonly<Record<ValueType, Representation>> = {
  STRING: { kind: 'string', words: 'string' },
  EMAIL_ADDRESS: { kind: 'string', words: 'string' },
  URI: { kind: 'string', words: 'string' },
  DNS_NAME: { kind: 'string', words: 'string' },
  INT64: { kind: 'int64', words: 'integer or duration' },
  DOUBLE: { kind: 'double', words: 'double' },
  BOOL: { kind: 'bool', words: 'bool' },
  TIMESTAMP: { kind: 'instant', words: 'timestamp' },
  DURATION: { kind: 'span', words: 'integer or duration' },
  IP_ADDRESS: { kind: 'bytes', words: 'IP address' },
  STRING_MAP: { kind: 'map', words: 'string map' },
}

/** The operator is not defined for the type of its operands. */
class Unsupported extends Error {}

class Compiler {
  private readonly language: Language

  constructor(language: Language) {
    this.language = language
  }

  strict(expression: Expression): Evaluate {
    switch (expression.kind) {
      case 'constant': {
        const { value } = expression
        return () => value
      }
      case 'attribute': {
        const lookup = this.attribute(expression)
        const missing = new Failure('missing-attribute', `lookup failed: '${expression.name}'`)
        return bag => lookup(bag) ?? missing
      }
      case 'call':
        return this.call(expression)
    }
  }

  /** Only attributes, map entries and `|` of those can be missing; everything else has a value or fails (mixer.md 4.5). */
  private optional(expression: Expression): Lookup {
    if (expression.kind === 'attribute') return this.attribute(expression)
    if (expression.kind === 'call' && expression.name === 'INDEX') return this.index(expression, true)
    if (expression.kind !== 'call' || expression.name !== 'OR') return this.strict(expression)
    const left = this.optional(this.arg(expression, 0))
    const right = this.optional(this.arg(expression, 1))
    return bag => left(bag) ?? right(bag)
  }

  private attribute({ name }: AttributeExpression): Lookup {
    const { kind, words } = REPRESENTATIONS[this.language.attributes.get(name) ?? 'STRING']
    return bag => {
      const value = bag.get(name)
      if (value === undefined || kindOfValue(value) === kind) return value
      return new Failure('attribute-type', `error converting value to ${words}: '${valueToText(value)}'`)
    }
  }

  private call(call: CallExpression): Evaluate {
    switch (call.name) {
      case 'LOR':
        return this.shortCircuit(call, true)
      case 'LAND':
        return this.shortCircuit(call, false)
      case 'OR': {
        const left = this.optional(this.arg(call, 0))
        const right = this.strict(this.arg(call, 1))
        return bag => left(bag) ?? right(bag)
      }
      case 'EQ':
      case 'NEQ':
        return this.equality(call)
      case 'ADD':
        return this.addition(call)
      case 'INDEX': {
        const lookup = this.index(call, false)
        return bag => lookup(bag) ?? ''
      }
      case 'conditional':
      case 'conditionalString':
        return this.conditional(call)
      default:
        return this.extern(call)
    }
  }

  private shortCircuit(call: CallExpression, decisive: boolean): Evaluate {
    const left = this.strict(this.arg(call, 0))
    const right = this.strict(this.arg(call, 1))
    return bag => {
      const value = left(bag)
      return value === decisive || value instanceof Failure ? value : right(bag)
    }
  }

  private conditional(call: CallExpression): Evaluate {
    const condition = this.strict(this.arg(call, 0))
    const yes = this.strict(this.arg(call, 1))
    const no = this.strict(this.arg(call, 2))
    return bag => {
      const value = condition(bag)
      if (value instanceof Failure) return value
      return value === true ? yes(bag) : no(bag)
    }
  }

  private equality(call: CallExpression): Evaluate {
    const type = this.typeOf(this.arg(call, 0))
    const equals = equalityOf(type)
    if (equals === undefined) throw new Unsupported(`equality for type not yet implemented: ${type}`)
    const negated = call.name === 'NEQ'
    return this.binary(call, (a, b) => {
      const equal = equals(a, b)
      return equal instanceof Failure ? equal : equal !== negated
    })
  }

  private addition(call: CallExpression): Evaluate {
    const type = this.typeOf(this.arg(call, 0))
    if (type === 'STRING') return this.binary(call, (a, b) => (typeof a === 'string' && typeof b === 'string' ? a + b : ''))
    if (type === 'DOUBLE') return this.binary(call, (a, b) => Number(a) + Number(b))
    if (type !== 'INT64') throw new Unsupported(`Add for type not yet implemented: ${type}`)
    return this.binary(call, (a, b) => BigInt.asIntN(64, (typeof a === 'bigint' ? a : 0n) + (typeof b === 'bigint' ? b : 0n)))
  }

  private binary(call: CallExpression, apply: (a: AttributeValue, b: AttributeValue) => AttributeValue | Failure): Evaluate {
    const left = this.strict(this.arg(call, 0))
    const right = this.strict(this.arg(call, 1))
    return bag => {
      const a = left(bag)
      if (a instanceof Failure) return a
      const b = right(bag)
      return b instanceof Failure ? b : apply(a, b)
    }
  }

  /** `optional`: an absent map or an absent key variable counts as missing, too. */
  private index(call: CallExpression, optional: boolean): Lookup {
    const map: Lookup = optional ? this.optional(this.arg(call, 0)) : this.strict(this.arg(call, 0))
    const key: Lookup = optional ? this.optional(this.arg(call, 1)) : this.strict(this.arg(call, 1))
    return bag => {
      const of = map(bag)
      if (of === undefined || of instanceof Failure) return of
      const name = key(bag)
      if (name === undefined || name instanceof Failure) return name
      return isStringMap(of) && typeof name === 'string' ? of.get(name) : undefined
    }
  }

  private extern(call: CallExpression): Evaluate {
    const constantPattern = call.name === 'matches' ? this.constantPattern(call) : undefined
    if (constantPattern !== undefined) return constantPattern
    const extern = this.language.externs.get(call.name)
    if (extern === undefined) throw new Unsupported(`function without implementation: ${call.name}`)
    const wanted = this.language.functions.get(call.name)?.params.length ?? 0
    const operands = [...(call.target === undefined ? [] : [call.target]), ...call.args.slice(0, wanted)].map(arg => this.strict(arg))
    return bag => {
      const values: AttributeValue[] = []
      for (const operand of operands) {
        const value = operand(bag)
        if (value instanceof Failure) return value
        values.push(value)
      }
      return extern(...values)
    }
  }

  /** A pattern that stands in the expression is compiled once. */
  private constantPattern(call: CallExpression): Evaluate | undefined {
    if (call.target?.kind !== 'constant' || typeof call.target.value !== 'string') return undefined
    const test = compilePattern(call.target.value)
    const text = this.strict(this.arg(call, 0))
    return bag => {
      const value = text(bag)
      if (value instanceof Failure) return value
      return test instanceof Failure ? test : test(typeof value === 'string' ? value : '')
    }
  }

  private typeOf(expression: Expression): ValueType {
    const type = checkExpression(expression, this.language)
    if (type.kind === 'err') throw new Unsupported(type.error.message)
    return type.value
  }

  private arg(call: CallExpression, index: number): Expression {
    const arg = call.args[index]
    if (arg === undefined) throw new Unsupported(`${formatExpression(call)} lacks an argument`)
    return arg
  }
}

/** Checks the types and compiles to closures over the bag. What is read shows in the bag, if it tracks. */
export function compileExpression(expression: Expression, language: Language): Result<Program, ExpressionError> {
  const type = checkExpression(expression, language)
  if (type.kind === 'err') return type
  try {
    return ok({ type: type.value, evaluate: new Compiler(language).strict(expression) })
  } catch (error) {
    if (error instanceof Unsupported) return err(expressionError('codegen', `internal compiler error -- ${error.message}`))
    throw error
  }
}

/** The functions of mixer.md 4.4, and attributes of these types. */
export function languageOf(attributes: Vocabulary['attributes'], functions: Vocabulary['functions']): Language {
  return { attributes, functions, externs: EXTERNS }
}
