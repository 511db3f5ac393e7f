import { formatReference, stringMap, TrackingBag, valueToText } from '@meshwork/core/attributes'
import {
  type AttributeTypes,
  compileExpression,
  EXTERNS,
  type Extern,
  Failure,
  formatExpression,
  FUNCTION_TABLE,
  type FunctionSignature,
  type Language,
  type ParameterType,
  parseExpression,
  parseValueType,
} from '@meshwork/mixer/lang'
import type { MixerCase } from '../case-runner.ts'
import { equal, type Findings } from '../expectation.ts'
import { bagOfTyped, show, type TypedValue, type TypedValues, valueOf } from '../typed-value.ts'

export interface RecordedFunction {
  readonly name: string
  readonly instance: boolean
  readonly targetType: string
  readonly argumentTypes: readonly string[]
  readonly returnType: string
}

export interface EvaluationCase {
  readonly name: string
  readonly expression: string
  readonly manifest: string
  readonly attributes?: TypedValues
  readonly canonicalAst?: string
  readonly extraFunctions?: readonly RecordedFunction[]
  readonly referencedByCondition?: readonly { readonly name: string; readonly mapKey: string; readonly condition: string }[]
  readonly expected: {
    readonly outcome: string
    readonly class?: string
    readonly type?: string
    readonly value?: TypedValue
    readonly messagePrefix?: string
  }
}

export type Manifests = Readonly<Record<string, Readonly<Record<string, string>>>>

export function typesOf(manifest: Readonly<Record<string, string>> | undefined): AttributeTypes {
  return new Map(
    Object.entries(manifest ?? {}).flatMap(([name, text]) => {
      const type = parseValueType(text)
      return type === undefined ? [] : [[name, type]]
    }),
  )
}

function parameterType(text: string): ParameterType {
  return parseValueType(text) ?? 'T'
}

export function signatureOf(recorded: RecordedFunction): FunctionSignature {
  return {
    name: recorded.name,
    target: recorded.instance ? parameterType(recorded.targetType) : undefined,
    params: recorded.argumentTypes.map(parameterType),
    returns: parameterType(recorded.returnType),
  }
}

/** The one function that the recorded table adds. */
const reverse: Extern = value => Array.from(valueToText(value)).toReversed().join('')

export function languageFor(attributes: AttributeTypes, extra: readonly RecordedFunction[]): Language {
  const signatures = extra.map(recorded => [recorded.name, signatureOf(recorded)] as const)
  return {
    attributes,
    functions: new Map([...FUNCTION_TABLE, ...signatures]),
    externs: new Map([...EXTERNS, ...signatures.map(([name]) => [name, reverse] as const)]),
  }
}

function checkReferences(given: EvaluationCase, bag: TrackingBag): Findings {
  if (given.referencedByCondition === undefined) return []
  const got = Array.from(bag.references(), r => `${formatReference(r)} ${r.condition.toUpperCase()}`).toSorted()
  const want = given.referencedByCondition.map(r => `${r.name}${r.mapKey === '' ? '' : `[${r.mapKey}]`} ${r.condition}`).toSorted()
  return equal('references', got, want)
}

function checkFailure(given: EvaluationCase, failure: Failure): Findings {
  const { outcome, messagePrefix = '', class: kind } = given.expected
  if (outcome !== 'runtime_error') return [`failed: ${failure.message}`]
  // Messages of functions quote Go's libraries; only their own part is ours.
  const ours = kind === 'function' || failure.message.startsWith(messagePrefix)
  return [...equal('class', failure.class, kind), ...(ours ? [] : equal('message', failure.message, messagePrefix))]
}

function checkCase(given: EvaluationCase, manifests: Manifests): Findings {
  const { expected } = given
  const language = languageFor(typesOf(manifests[given.manifest]), given.extraFunctions ?? [])
  const parsed = parseExpression(given.expression)
  if (parsed.kind === 'err')
    return equal('class', parsed.error.class, expected.outcome === 'compile_error' ? expected.class : expected.outcome)
  const ast = given.canonicalAst === undefined ? [] : equal('tree', formatExpression(parsed.value), given.canonicalAst)
  const program = compileExpression(parsed.value, language)
  if (program.kind === 'err') {
    return [...ast, ...equal('class', program.error.class, expected.outcome === 'compile_error' ? expected.class : expected.outcome)]
  }
  const bag = new TrackingBag(bagOfTyped(given.attributes))
  const got = program.value.evaluate(bag)
  const findings = [...ast, ...equal('type', program.value.type, expected.type), ...checkReferences(given, bag)]
  if (got instanceof Failure) return [...findings, ...checkFailure(given, got)]
  // The recorder printed addresses in their 16-byte form; both forms are one value.
  const print = program.value.type === 'IP_ADDRESS' ? valueToText : show
  return [...findings, ...equal('value', print(got), expected.outcome === 'value' ? print(expectedValue(given)) : expected.outcome)]
}

function expectedValue(given: EvaluationCase): ReturnType<typeof valueOf> {
  const { value } = given.expected
  if (value === undefined) return ''
  if (value.value !== '(input map)') return valueOf(value)
  const input = given.attributes?.[given.expression]
  return input === undefined ? stringMap(new Map()) : valueOf(input)
}

export function evaluationCase(given: EvaluationCase, manifests: Manifests): MixerCase {
  return { name: `case ${given.name}: ${given.expression}`, check: () => checkCase(given, manifests) }
}
