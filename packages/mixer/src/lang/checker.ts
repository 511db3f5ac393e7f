import { err, ok, type Result } from '@meshwork/core/result'
import { type ExpressionError, expressionError } from './expression-error.ts'
import { type CallExpression, type Expression, formatExpression } from './expression.ts'
import type { FunctionSignature, FunctionTable, ParameterType } from './functions.ts'
import type { AttributeTypes, ValueType } from './value-type.ts'

/** What names mean: the attribute manifests and the functions. */
export interface Vocabulary {
  readonly attributes: AttributeTypes
  readonly functions: FunctionTable
}

type Checked<T> = Result<T, ExpressionError>

/** The static type of an expression, or the first rule that it breaks (mixer.md 4.3). */
export function checkExpression(expression: Expression, vocabulary: Vocabulary): Checked<ValueType> {
  switch (expression.kind) {
    case 'constant':
      return ok(expression.type)
    case 'attribute': {
      const type = vocabulary.attributes.get(expression.name)
      return type === undefined ? err(expressionError('unknown-attribute', `unknown attribute ${expression.name}`)) : ok(type)
    }
    case 'call':
      return checkCall(expression, vocabulary)
  }
}

/** The same, where only one type will do: a rule's `match`, a field of a template. */
export function checkExpressionIs(expression: Expression, expected: ValueType, vocabulary: Vocabulary): Checked<ValueType> {
  const type = checkExpression(expression, vocabulary)
  if (type.kind === 'err' || type.value === expected) return type
  return err(
    expressionError('type-mismatch', `expression '${formatExpression(expression)}' has type ${type.value}, expected type ${expected}`),
  )
}

/** The meaning of `T` within one call. */
interface Binding {
  type: ValueType | undefined
}

function checkCall(call: CallExpression, vocabulary: Vocabulary): Checked<ValueType> {
  const signature = vocabulary.functions.get(call.name)
  if (signature === undefined) return err(expressionError('unknown-function', `unknown function: ${call.name}`))
  const binding: Binding = { type: undefined }
  const target = checkTarget(call, signature, binding, vocabulary)
  if (target.kind === 'err') return target
  const wanted = signature.params.length
  // Surplus arguments are accepted: existing configurations have them (mixer.md 4.3).
  if (call.args.length < wanted) {
    const message = `${formatExpression(call)} arity mismatch. Got ${call.args.length} arg(s), expected ${wanted} arg(s)`
    return err(expressionError('arity', message))
  }
  for (const [index, param] of signature.params.entries()) {
    const arg = call.args[index]
    if (arg === undefined) continue
    const checked = checkOperand(arg, param, binding, vocabulary, `${formatExpression(call)} arg ${index + 1} (${formatExpression(arg)})`)
    if (checked.kind === 'err') return checked
  }
  return resultType(signature, binding)
}

function checkTarget(call: CallExpression, signature: FunctionSignature, binding: Binding, vocabulary: Vocabulary): Checked<undefined> {
  if (signature.target === undefined) {
    if (call.target === undefined) return ok(undefined)
    return err(expressionError('method-call-form', `invoking regular function on instance method: ${call.name}`))
  }
  if (call.target === undefined) {
    return err(expressionError('method-call-form', `invoking instance method without an instance: ${call.name}`))
  }
  return checkOperand(call.target, signature.target, binding, vocabulary, `${formatExpression(call)} target`)
}

function checkOperand(
  operand: Expression,
  param: ParameterType,
  binding: Binding,
  vocabulary: Vocabulary,
  place: string,
): Checked<undefined> {
  const type = checkExpression(operand, vocabulary)
  if (type.kind === 'err') return type
  const expected = param === 'T' ? (binding.type ?? type.value) : param
  if (param === 'T') binding.type = expected
  if (type.value === expected) return ok(undefined)
  return err(expressionError('type-mismatch', `${place} typeError got ${type.value}, expected ${expected}`))
}

function resultType(signature: FunctionSignature, binding: Binding): Checked<ValueType> {
  const type = signature.returns === 'T' ? binding.type : signature.returns
  if (type !== undefined) return ok(type)
  return err(expressionError('codegen', `the type that ${signature.name} returns is not known`))
}
