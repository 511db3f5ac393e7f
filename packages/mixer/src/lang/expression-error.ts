/** Why an expression is refused before it is ever evaluated. */
export type ExpressionErrorClass =
  | 'parse'
  | 'type-mismatch'
  | 'arity'
  | 'unknown-function'
  | 'unknown-attribute'
  | 'method-call-form'
  /** The types agree, but the operator is not defined for them. */
  | 'codegen'

export interface ExpressionError {
  readonly class: ExpressionErrorClass
  readonly message: string
}

export function expressionError(kind: ExpressionErrorClass, message: string): ExpressionError {
  return { class: kind, message }
}
