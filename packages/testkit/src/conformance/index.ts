import { envoyParitySuite } from './envoy-parity/suite.ts'
import { mixerAttributesSuite } from './mixer/attributes/suite.ts'
import { mixerDispatchSuite } from './mixer/dispatch/suite.ts'
import { mixerExprSuite } from './mixer/expr/suite.ts'
import { mixerPrometheusSuite } from './mixer/prometheus/suite.ts'
import type { CaseResult, ConformanceSuite, SuiteOptions } from './suite.ts'
import { trafficSuite } from './traffic/index.ts'
import { unbuiltSuite } from './unbuilt.ts'

export type { CaseResult, ConformanceSuite, SuiteOptions } from './suite.ts'

/** Every folder of recordings and what runs it. */
const SUITES: ReadonlyMap<string, ConformanceSuite> = new Map([
  ['traffic', trafficSuite],
  ['envoy-parity', envoyParitySuite],
  ['mixer-attributes', mixerAttributesSuite],
  ['mixer-client', unbuiltSuite],
  ['mixer-dispatch', mixerDispatchSuite],
  ['mixer-dynamic', unbuiltSuite],
  ['mixer-expr', mixerExprSuite],
  ['mixer-kubernetesenv', unbuiltSuite],
  ['mixer-list', unbuiltSuite],
  ['mixer-memquota', unbuiltSuite],
  ['mixer-prometheus', mixerPrometheusSuite],
  ['mixer-rbac', unbuiltSuite],
  ['mixer-redisquota', unbuiltSuite],
  ['mixer-stdio', unbuiltSuite],
])

export const suiteNames: readonly string[] = [...SUITES.keys()]

/** Runs one suite on the recordings in `dir`. */
export function runSuite(name: string, dir: string, options: SuiteOptions): AsyncIterable<CaseResult> {
  return (SUITES.get(name) ?? unbuiltSuite).run(dir, options)
}
export * from './traffic/own-scenario.ts'
