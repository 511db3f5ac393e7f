import { violation, type Violation } from '@meshwork/core/result'
import { checkWildcardDomain, isDnsLabel } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'
import type { Destination, L4RouteDestination } from './type.ts'

/** Largest weight and largest sum: xDS carries both as 32-bit numbers. */
const HIGHEST_WEIGHT = 4_294_967_295

export function checkDestination(path: string, destination: Destination): readonly Violation[] {
  const { host, subset, port } = destination
  const violations = [
    ...(host === '*'
      ? [violation(`${path}.host`, 'star-host', "a destination must not be '*'")]
      : checkWildcardDomain(`${path}.host`, host)),
  ]
  if (subset !== undefined && subset !== '' && !isDnsLabel(subset)) {
    violations.push(violation(`${path}.subset`, 'bad-name', `'${subset}' is not the name of a subset`))
  }
  return [...violations, ...checkPort(`${path}.port.number`, port)]
}

/** Weights may have any sum but zero: today's Istio takes them as proportions. */
export function validateWeights(path: string, entries: readonly L4RouteDestination[]): readonly Violation[] {
  const violations = entries.flatMap((entry, i) => [
    ...checkDestination(`${path}[${i}].destination`, entry.destination),
    ...(entry.weight < 0 ? [violation(`${path}[${i}].weight`, 'bad-weight', `the weight ${entry.weight} is below 0`)] : []),
  ])
  const sum = entries.reduce((total, entry) => total + Math.max(entry.weight, 0), 0)
  if (entries.length > 1 && sum === 0)
    violations.push(violation(path, 'weight-sum', 'at least one of several destinations must have a weight above 0'))
  if (sum > HIGHEST_WEIGHT) violations.push(violation(path, 'weight-sum', `the weights together are above ${HIGHEST_WEIGHT}`))
  return violations
}
