import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkPort, checkSubnet } from '../rules/network.ts'
import { conditionKey, type ConditionKey } from './condition-key.ts'
import type { AuthorizationCondition } from './type.ts'

export function checkConditionOf(path: string, condition: AuthorizationCondition): readonly Violation[] {
  const { key, values, notValues } = condition
  if (key === '') return [violation(`${path}.key`, 'required', 'must not be empty')]
  const violations: Violation[] = []
  if (values.length === 0 && notValues.length === 0) violations.push(violation(path, 'required', 'must have values or notValues'))
  const parsed = conditionKey(key)
  if (parsed.kind === 'err') return [...violations, violation(`${path}.key`, 'unknown-key', `'${key}' ${parsed.error}`)]
  for (const field of ['values', 'notValues'] as const) {
    violations.push(...condition[field].flatMap((value, i) => checkValue(joinPath(`${path}.${field}`, i), parsed.value, value)))
  }
  return violations
}

function checkValue(path: string, key: ConditionKey, value: string): readonly Violation[] {
  if (value === '') return [violation(path, 'required', 'must not be empty')]
  switch (key.kind) {
    case 'source.ip':
    case 'remote.ip':
    case 'destination.ip':
      return checkSubnet(path, value)
    case 'destination.port':
      return checkPort(path, /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN)
    default:
      return []
  }
}
