import { GLOBAL_DICTIONARY, OLDEST_WORD_COUNT } from '@meshwork/core/attributes'
import { type CaseResult, type ConformanceSuite, selected, type SuiteOptions } from '../../suite.ts'
import { hasKey, type MixerCase, readRecording, runCase } from '../case-runner.ts'
import { equal } from '../expectation.ts'
import { type BagCase, bagCase } from './bag-cases.ts'
import {
  cacheCases,
  type CacheRecording,
  compressorCases,
  type CompressorRecording,
  textCases,
  type TextRecording,
  trackingCase,
  type TrackingRecording,
} from './reference-cases.ts'
import { wireCases, type WireRecording } from './wire-cases.ts'

interface DictionaryRecording {
  readonly words: readonly string[]
  readonly proxyBaseSize: number
}

function dictionaryCase(recording: DictionaryRecording): MixerCase {
  return {
    name: 'global dictionary',
    check: () => [
      ...equal('words', GLOBAL_DICTIONARY.words, recording.words),
      ...equal('oldest', OLDEST_WORD_COUNT, recording.proxyBaseSize),
    ],
  }
}

function casesOf(dir: string): readonly MixerCase[] {
  return [
    dictionaryCase(readRecording(dir, 'global-dictionary.json', hasKey<DictionaryRecording>('words'))),
    ...readRecording(dir, 'bag.json', hasKey<{ cases: readonly BagCase[] }>('cases')).cases.map(bagCase),
    ...wireCases(readRecording(dir, 'wire.json', hasKey<WireRecording>('decode'))),
    trackingCase(readRecording(dir, 'reference-tracking.json', hasKey<TrackingRecording>('gets'))),
    ...cacheCases(readRecording(dir, 'check-cache.json', hasKey<CacheRecording>('keyShapes'))),
    ...textCases(readRecording(dir, 'stringify.json', hasKey<TextRecording>('stringify'))),
    ...compressorCases(readRecording(dir, 'client-compressor.json', hasKey<CompressorRecording>('compress'))),
  ]
}

export const mixerAttributesSuite: ConformanceSuite = {
  async *run(dir: string, options: SuiteOptions): AsyncIterable<CaseResult> {
    for (const mixerCase of casesOf(dir)) if (selected(mixerCase.name, options)) yield await Promise.resolve(runCase(mixerCase))
  },
}
