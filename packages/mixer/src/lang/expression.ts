import type { AttributeValue } from '@meshwork/core/attributes'
import type { ValueType } from './value-type.ts'

/** A parsed expression. Operators are calls: `a == b` is a call of `EQ`, `m["k"]` of `INDEX`. */
export type Expression = ConstantExpression | AttributeExpression | CallExpression

export interface ConstantExpression {
  readonly kind: 'constant'
  readonly type: ValueType
  readonly value: AttributeValue
  /** As written, with its quotes. */
  readonly text: string
}

export interface AttributeExpression {
  readonly kind: 'attribute'
  readonly name: string
}

export interface CallExpression {
  readonly kind: 'call'
  readonly name: string
  /** What the method is called on; absent for functions and operators. */
  readonly target: Expression | undefined
  readonly args: readonly Expression[]
}

/** Prefix form, used in messages: `EQ($a, 2)`, `$a:startsWith("x")`. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'constant':
      return expression.text
    case 'attribute':
      return `$${expression.name}`
    case 'call': {
      const target = expression.target === undefined ? '' : `${formatExpression(expression.target)}:`
      return `${target}${expression.name}(${expression.args.map(formatExpression).join(', ')})`
    }
  }
}
