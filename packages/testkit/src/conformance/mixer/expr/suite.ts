import { type CaseResult, type ConformanceSuite, selected, type SuiteOptions } from '../../suite.ts'
import { hasKey, type MixerCase, readRecording, runCase } from '../case-runner.ts'
import { type EvaluationCase, evaluationCase, type Manifests, type RecordedFunction } from './evaluation-cases.ts'
import { externCases, type ExternRecording } from './extern-cases.ts'
import { functionCases, parseCases, type ParseRecording, typeCases, type TypecheckRecording } from './language-cases.ts'

function casesOf(dir: string): readonly MixerCase[] {
  const table = readRecording(dir, 'cases.json', hasKey<{ manifests: Manifests; cases: readonly EvaluationCase[] }>('cases'))
  return [
    ...table.cases.map(given => evaluationCase(given, table.manifests)),
    ...parseCases(readRecording(dir, 'parse.json', hasKey<ParseRecording>('good'))),
    ...typeCases(readRecording(dir, 'typecheck.json', hasKey<TypecheckRecording>('internal'))),
    ...functionCases(readRecording(dir, 'functions.json', hasKey<{ functions: readonly RecordedFunction[] }>('functions')).functions),
    ...externCases(readRecording(dir, 'extern-functions.json', hasKey<ExternRecording>('dnsName'))),
  ]
}

export const mixerExprSuite: ConformanceSuite = {
  async *run(dir: string, options: SuiteOptions): AsyncIterable<CaseResult> {
    for (const mixerCase of casesOf(dir)) if (selected(mixerCase.name, options)) yield await Promise.resolve(runCase(mixerCase))
  },
}
