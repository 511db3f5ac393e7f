import type { AttributeValue } from '@meshwork/core/attributes'
import type { Expression } from './expression.ts'

/** `attribute == constant` conditions without which the expression cannot be true; only looks under `&&`. For indexing rules. */
export function requiredEqualities(expression: Expression): ReadonlyMap<string, AttributeValue> {
  const found = new Map<string, AttributeValue>()
  collect(expression, found)
  return found
}

function collect(expression: Expression, found: Map<string, AttributeValue>): void {
  if (expression.kind !== 'call') return
  if (expression.name === 'LAND') {
    for (const arg of expression.args) collect(arg, found)
    return
  }
  if (expression.name !== 'EQ') return
  const [left, right] = expression.args
  if (left?.kind === 'attribute' && right?.kind === 'constant') found.set(left.name, right.value)
  if (left?.kind === 'constant' && right?.kind === 'attribute') found.set(right.name, left.value)
}
