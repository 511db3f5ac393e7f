import { meshworkDataPlane } from './run/meshwork-data-plane.ts'
import { runScenario } from './run/run-scenario.ts'
import type { Fixtures, Scenario } from './scenario.ts'

export type { EndpointSpec, Expectation, ProxySpec, RequestSpec, Scenario } from './scenario.ts'

const NO_FIXTURES: Fixtures = {
  fill: text => text,
  file: name => {
    throw new Error(`own scenarios have no file '${name}'`)
  },
}

/** Runs a scenario that is not recorded but written, with our proxies behind real redirection; gives a sentence per difference. */
export function runOwnScenario(scenario: Scenario): Promise<readonly string[]> {
  return runScenario(scenario, NO_FIXTURES, meshworkDataPlane)
}
