import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { AttributeBag, AttributeValue } from '@meshwork/core/attributes'
import { err, joinPath, ok, type Result, type Violation } from '@meshwork/core/result'
import { compileExpression, Failure, type Language, parseExpression, type Program, type ValueType } from '../lang/index.ts'
import { FieldProblem, isRecord } from './field-problem.ts'
import { fieldNamed, type FieldType, type MessageShape } from './message-shape.ts'
import type { Template } from './templates.ts'
import { messageBytes, writeMessage, writeText, writeValue } from './wire.ts'

/** Number of the field `name` that every instance message has (mixer.md 5). */
const INSTANCE_NAME = 72_295_727

/** Field of `istio.policy.v1beta1.Value` for each type, and whether the value stands in a message of its own there. */
const VALUE_FIELDS: Readonly<Record<Exclude<ValueType, 'STRING_MAP'>, readonly [number: number, wrapped: boolean]>> = {
  STRING: [1, false],
  INT64: [2, false],
  DOUBLE: [3, false],
  BOOL: [4, false],
  IP_ADDRESS: [5, true],
  TIMESTAMP: [6, true],
  DURATION: [7, true],
  EMAIL_ADDRESS: [8, true],
  DNS_NAME: [9, true],
  URI: [10, true],
}

/** The type that an expression for a field must have. `value` takes any. */
const EXPRESSION_TYPES: Readonly<Partial<Record<FieldType['kind'], ValueType>>> = {
  string: 'STRING',
  int64: 'INT64',
  int32: 'INT64',
  double: 'DOUBLE',
  bool: 'BOOL',
  timestamp: 'TIMESTAMP',
  ip: 'IP_ADDRESS',
  'dns-name': 'DNS_NAME',
  email: 'EMAIL_ADDRESS',
  uri: 'URI',
  'wrapped-duration': 'DURATION',
  duration: 'DURATION',
}

const WRAPPED: ReadonlySet<FieldType['kind']> = new Set(['timestamp', 'ip', 'dns-name', 'email', 'uri', 'wrapped-duration'])

/** Writes a field, or says why its value cannot be had. What was written before a failure is thrown away by the caller. */
type FieldEncoder = (bag: AttributeBag, writer: BinaryWriter) => Failure | undefined

/** Makes the wire form of one instance for a request. */
export interface InstanceEncoder {
  /** `<name>.<kind>.<namespace>`. */
  readonly name: string
  encode(bag: AttributeBag): Uint8Array | Failure
}

class InstanceCompiler {
  private readonly language: Language

  constructor(language: Language) {
    this.language = language
  }

  message(shape: MessageShape, params: Readonly<Record<string, unknown>>, path: string): readonly FieldEncoder[] {
    return Object.entries(params).flatMap(([name, param]) => {
      const at = joinPath(path, name)
      const found = fieldNamed(shape, name)
      if (found === undefined) throw new FieldProblem(at, 'unknown-field', `fieldEncoder '${name}' not found in message`)
      return param === '' || param === null ? [] : [this.field(found.type, found.number, param, at)]
    })
  }

  private field(type: FieldType, number: number, param: unknown, path: string): FieldEncoder {
    if (type.kind === 'map') return this.map(type.of, number, param, path)
    if (type.kind === 'message') return this.nested(this.message(type.shape, this.object(param, path), path), number)
    if (type.kind === 'enum' || type.kind === 'list') throw new FieldProblem(path, 'unsupported', 'instances have no fields of this type')
    const program = this.program(param, path, EXPRESSION_TYPES[type.kind])
    if (type.kind === 'value') return this.anyValue(program, number, path)
    return this.scalar(program, number, WRAPPED.has(type.kind))
  }

  private nested(fields: readonly FieldEncoder[], number: number): FieldEncoder {
    return (bag, writer) => {
      let failure: Failure | undefined
      writeMessage(writer, number, inner => {
        failure = encodeAll(fields, bag, inner)
      })
      return failure
    }
  }

  private map(of: FieldType, number: number, param: unknown, path: string): FieldEncoder {
    const entries = Object.entries(this.object(param, path)).map(([key, value]) => {
      const encoder = this.field(of, 2, value, joinPath(path, key))
      const entry: FieldEncoder = (bag, writer) => {
        writeText(writer, 1, key)
        return encoder(bag, writer)
      }
      return this.nested([entry], number)
    })
    return (bag, writer) => encodeAll(entries, bag, writer)
  }

  private scalar(program: Program, number: number, wrapped: boolean): FieldEncoder {
    return (bag, writer) => {
      const value = program.evaluate(bag)
      if (value instanceof Failure) return value
      if (wrapped) writeMessage(writer, number, inner => writeValue(inner, 1, value))
      else writeValue(writer, number, value)
      return undefined
    }
  }

  private anyValue(program: Program, number: number, path: string): FieldEncoder {
    if (program.type === 'STRING_MAP') throw new FieldProblem(path, 'type-mismatch', 'a field of type Value cannot hold a STRING_MAP')
    const [valueField, wrapped] = VALUE_FIELDS[program.type]
    return this.nested([this.scalar(program, valueField, wrapped)], number)
  }

  private object(param: unknown, path: string): Readonly<Record<string, unknown>> {
    if (isRecord(param)) return param
    throw new FieldProblem(path, 'wrong-type', 'must be an object')
  }

  /** YAML numbers and booleans are constants, texts are expressions. */
  private program(param: unknown, path: string, expected: ValueType | undefined): Program {
    const program = typeof param === 'string' ? this.expression(param, path) : literal(param, path, expected)
    if (expected === undefined || program.type === expected) return program
    throw new FieldProblem(path, 'type-mismatch', `expression '${String(param)}' has type ${program.type}, expected type ${expected}`)
  }

  private expression(text: string, path: string): Program {
    const parsed = parseExpression(text)
    const program = parsed.kind === 'err' ? parsed : compileExpression(parsed.value, this.language)
    if (program.kind === 'ok') return program.value
    throw new FieldProblem(path, program.error.class, program.error.message)
  }
}

function literal(param: unknown, path: string, expected: ValueType | undefined): Program {
  const value = literalValue(param, expected)
  if (value === undefined) throw new FieldProblem(path, 'wrong-type', 'must be an expression in quotes, a number or a boolean')
  return { type: typeof value === 'boolean' ? 'BOOL' : typeof value === 'bigint' ? 'INT64' : 'DOUBLE', evaluate: () => value }
}

/** A number is a double unless the field wants an integer. */
function literalValue(param: unknown, expected: ValueType | undefined): Exclude<AttributeValue, object | string> | undefined {
  if (typeof param === 'boolean') return param
  if (typeof param !== 'number') return undefined
  return expected === 'INT64' && Number.isSafeInteger(param) ? BigInt(param) : param
}

function encodeAll(fields: readonly FieldEncoder[], bag: AttributeBag, writer: BinaryWriter): Failure | undefined {
  for (const encode of fields) {
    const failure = encode(bag, writer)
    if (failure !== undefined) return failure
  }
  return undefined
}

/** Compiles the parameters of an instance of `template` once; `name` is its fully qualified name. */
export function compileInstance(
  template: Template,
  name: string,
  params: Readonly<Record<string, unknown>>,
  language: Language,
): Result<InstanceEncoder, Violation> {
  try {
    const fields = new InstanceCompiler(language).message(template.shape, params, 'spec')
    const encode = (bag: AttributeBag): Uint8Array | Failure => {
      let failure: Failure | undefined
      const bytes = messageBytes(writer => {
        failure = encodeAll(fields, bag, writer)
        writeText(writer, INSTANCE_NAME, name)
      })
      return failure ?? bytes
    }
    return ok({ name, encode })
  } catch (problem) {
    if (problem instanceof FieldProblem) return err(problem.violation)
    throw problem
  }
}
