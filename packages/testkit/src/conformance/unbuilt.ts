import { recordedCases } from './recorded-cases.ts'
import { type CaseResult, type ConformanceSuite, selected, type SuiteOptions } from './suite.ts'

/** A suite whose runner does not exist yet: every recorded case fails, so that the count stays honest. */
export const unbuiltSuite: ConformanceSuite = {
  async *run(dir: string, options: SuiteOptions): AsyncIterable<CaseResult> {
    for (const name of recordedCases(dir)) {
      if (selected(name, options)) yield await Promise.resolve({ name, passed: false, detail: 'no runner for this suite yet' })
    }
  },
}
