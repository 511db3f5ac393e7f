import {
  checkExpression,
  checkExpressionIs,
  formatExpression,
  FUNCTION_TABLE,
  parseConstant,
  parseExpression,
  parseValueType,
  requiredEqualities,
  SIGNATURES,
  type Vocabulary,
} from '@meshwork/mixer/lang'
import type { MixerCase } from '../case-runner.ts'
import { equal, type Findings } from '../expectation.ts'
import { show, type TypedValue, type TypedValues, valueOf } from '../typed-value.ts'
import { type RecordedFunction, signatureOf, typesOf } from './evaluation-cases.ts'

export interface ParseRecording {
  readonly good: readonly { readonly expression: string; readonly canonicalAst: string }[]
  readonly bad: readonly { readonly expression: string }[]
  readonly equalityExtraction: readonly { readonly name: string; readonly expression: string; readonly equalities: TypedValues }[]
  readonly constants: readonly { readonly text: string; readonly declaredType: string; readonly value: TypedValue | null }[]
}

function checkTree(expression: string, tree: string): Findings {
  const parsed = parseExpression(expression)
  return parsed.kind === 'err' ? [parsed.error.message] : equal('tree', formatExpression(parsed.value), tree)
}

function checkEqualities(expression: string, wanted: TypedValues): Findings {
  const parsed = parseExpression(expression)
  if (parsed.kind === 'err') return [parsed.error.message]
  const got = Object.fromEntries(Array.from(requiredEqualities(parsed.value), ([name, value]) => [name, show(value)]))
  return equal('equalities', got, Object.fromEntries(Object.entries(wanted).map(([name, typed]) => [name, show(valueOf(typed))])))
}

function checkConstant(text: string, declared: string, wanted: TypedValue | null): Findings {
  const type = parseValueType(declared)
  if (type === undefined) return [`${declared} is not a type`]
  const got = parseConstant(text, type)
  if (wanted === null) return got.kind === 'err' ? [] : ['accepted, but must be refused']
  return got.kind === 'err' ? [got.error] : equal('value', show(got.value.value), show(valueOf(wanted)))
}

export function parseCases(recording: ParseRecording): readonly MixerCase[] {
  return [
    ...recording.good.map((row, index) => ({
      name: `parse good ${index}: ${row.expression}`,
      check: () => checkTree(row.expression, row.canonicalAst),
    })),
    ...recording.bad.map((row, index) => ({
      name: `parse bad ${index}: ${row.expression}`,
      check: () => (parseExpression(row.expression).kind === 'err' ? [] : ['accepted, but must be refused']),
    })),
    ...recording.equalityExtraction.map(row => ({
      name: `equalities ${row.name}`,
      check: () => checkEqualities(row.expression, row.equalities),
    })),
    ...recording.constants.map(row => ({
      name: `constant ${row.text} as ${row.declaredType}`,
      check: () => checkConstant(row.text, row.declaredType, row.value),
    })),
  ]
}

interface TypeRow {
  readonly expression: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly functions?: readonly RecordedFunction[]
  readonly type?: string | null
  /** Of the rows that demand a type: it. */
  readonly expected?: string
  readonly errorContains: string | null
}

interface TypeTable {
  readonly attributes: Readonly<Record<string, string>>
  readonly cases: readonly TypeRow[]
}

export interface TypecheckRecording {
  readonly internal: readonly TypeRow[]
  readonly evalType: TypeTable
  readonly assertType: TypeTable
}

function operatorsAnd(own: readonly RecordedFunction[]): Vocabulary['functions'] {
  const operators = [...FUNCTION_TABLE].filter(([name]) => /^[A-Z]+$/.test(name))
  return new Map([...operators, ...own.map(recorded => [recorded.name, signatureOf(recorded)] as const)])
}

function checkType(row: TypeRow, vocabulary: Vocabulary): Findings {
  const parsed = parseExpression(row.expression)
  // The reference wraps syntax errors in words of its own.
  if (parsed.kind === 'err') return row.errorContains === 'failed to parse' ? [] : [parsed.error.message]
  const wanted = row.expected === undefined ? undefined : parseValueType(row.expected)
  const type = wanted === undefined ? checkExpression(parsed.value, vocabulary) : checkExpressionIs(parsed.value, wanted, vocabulary)
  if (type.kind === 'ok')
    return row.errorContains === null ? equal('type', type.value, row.type ?? row.expected) : ['accepted, but must be refused']
  if (row.errorContains === null) return [type.error.message]
  return type.error.message.includes(row.errorContains) ? [] : equal('message', type.error.message, row.errorContains)
}

export function typeCases(recording: TypecheckRecording): readonly MixerCase[] {
  const table = (group: string, { attributes, cases }: TypeTable): readonly MixerCase[] =>
    cases.map((row, index) => ({
      name: `type ${group} ${index}: ${row.expression}`,
      check: () => checkType(row, { attributes: typesOf(attributes), functions: FUNCTION_TABLE }),
    }))
  const own = recording.internal.map((row, index) => ({
    name: `type internal ${index}: ${row.expression}`,
    check: () => checkType(row, { attributes: typesOf(row.attributes), functions: operatorsAnd(row.functions ?? []) }),
  }))
  return [...own, ...table('evaluation', recording.evalType), ...table('assertion', recording.assertType)]
}

export function functionCases(recorded: readonly RecordedFunction[]): readonly MixerCase[] {
  return recorded.map(row => ({
    name: `function ${row.name}`,
    check: () => {
      const got = SIGNATURES.find(signature => signature.name === row.name)
      return got === undefined ? [`there is no function ${row.name}`] : equal('signature', got, signatureOf(row))
    },
  }))
}
