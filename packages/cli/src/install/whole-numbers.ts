import { isList, isTree, type Value, type ValueTree } from './set-values.ts'

/**
 * Values with their whole numbers as integers. Templates print floats as Go does, 1000000 as `1e+06`, which no integer field of
 * Kubernetes takes. Helm makes integers of the numbers of `--set` only; those of files are wrong there from a million on, and right here.
 */
export function wholeNumbers(values: ValueTree): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, wholeNumber(value)]))
}

function wholeNumber(value: Value): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (isList(value)) return value.map(wholeNumber)
  return isTree(value) ? wholeNumbers(value) : value
}
