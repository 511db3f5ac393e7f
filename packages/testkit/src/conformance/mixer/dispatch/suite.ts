import { type CaseResult, type ConformanceSuite, selected, type SuiteOptions } from '../../suite.ts'
import { hasKey, readRecording, runCase } from '../case-runner.ts'
import { adapterCases, type AdapterRecording } from './adapter-cases.ts'
import { routingCases, type RoutingRecording } from './routing-cases.ts'
import { semanticsCases, type SemanticsRecording } from './semantics-cases.ts'

export const mixerDispatchSuite: ConformanceSuite = {
  async *run(dir: string, options: SuiteOptions): AsyncIterable<CaseResult> {
    const routing = readRecording(dir, 'routing.json', hasKey<RoutingRecording>('cases'))
    const semantics = readRecording(dir, 'semantics.json', hasKey<SemanticsRecording & AdapterRecording>('isFqn'))
    for (const mixerCase of [...routingCases(routing), ...semanticsCases(semantics)]) {
      if (selected(mixerCase.name, options)) yield await Promise.resolve(runCase(mixerCase))
    }
    for await (const result of adapterCases(semantics)) if (selected(result.name, options)) yield result
  },
}
