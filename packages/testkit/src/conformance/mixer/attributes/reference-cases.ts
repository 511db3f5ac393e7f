import {
  type AttributeBag,
  BatchCompressor,
  compress,
  decompressLazily,
  Dictionary,
  encodeReferences,
  formatReference,
  GLOBAL_DICTIONARY,
  isStringMap,
  ReferenceCache,
  referenceHolds,
  resolveReferences,
  textEquals,
  TrackingBag,
  valueToText,
  type WireReferences,
} from '@meshwork/core/attributes'
import type { MixerCase } from '../case-runner.ts'
import { equal, type Findings } from '../expectation.ts'
import { bagOfTyped, type TypedValue, type TypedValues, valueOf } from '../typed-value.ts'
import { comparable, type RecordedMessage, toMessage } from './wire-form.ts'

interface RecordedMatch {
  readonly name: number
  readonly mapKey?: number
  readonly map_key?: number
  readonly condition: string
}

interface RecordedReferences {
  readonly words: readonly string[]
  readonly matches: readonly RecordedMatch[]
}

const CONDITIONS: Readonly<Record<string, number>> = { ABSENCE: 1, EXACT: 2, REGEX: 3 }

function wireOf(recorded: RecordedReferences): WireReferences {
  const attributeMatches = recorded.matches.map(match => ({
    name: match.name,
    condition: CONDITIONS[match.condition] ?? 0,
    regex: '',
    mapKey: match.mapKey ?? match.map_key ?? 0,
  }))
  return { words: [...recorded.words], attributeMatches }
}

function resolved(recorded: RecordedReferences): ReturnType<typeof resolveReferences> {
  return resolveReferences(wireOf(recorded), GLOBAL_DICTIONARY)
}

export interface TrackingRecording {
  readonly globalWords: readonly string[]
  readonly compressed: RecordedMessage
  readonly gets: readonly { readonly name: string; readonly mapKey?: string }[]
  readonly expectedMatches: readonly { readonly name: string; readonly mapKey: string; readonly condition: string }[]
  readonly notReferenced: readonly string[]
  readonly afterClear: number
  readonly afterRestoreOfSnapshot: number
}

function read(bag: AttributeBag, name: string, mapKey: string | undefined): void {
  const value = bag.get(name)
  if (mapKey !== undefined && isStringMap(value)) value.get(mapKey)
}

function references(bag: TrackingBag): readonly string[] {
  return Array.from(bag.references(), r => `${formatReference(r)} ${r.condition.toUpperCase()}`).toSorted()
}

function checkTracking(recording: TrackingRecording): Findings {
  const dictionary = new Dictionary(recording.globalWords)
  const bag = new TrackingBag(decompressLazily(toMessage(recording.compressed), dictionary))
  for (const { name, mapKey } of recording.gets) read(bag, name, mapKey)
  const want = recording.expectedMatches.map(m => `${m.name}${m.mapKey === '' ? '' : `[${m.mapKey}]`} ${m.condition}`).toSorted()
  const tracked = references(bag)
  const wire = encodeReferences(bag.references(), dictionary)
  const decoded = resolveReferences(wire, dictionary).references.map(r => `${formatReference(r)} ${r.condition.toUpperCase()}`)
  const snapshot = bag.snapshot()
  bag.clear()
  const cleared = references(bag).length
  bag.restore(snapshot)
  return [
    ...equal('tracked', tracked, want),
    ...equal('over the wire', decoded.toSorted(), want),
    ...equal(
      'not referenced',
      tracked.filter(r => recording.notReferenced.some(name => r.startsWith(name))),
      [],
    ),
    ...equal('after clear', cleared, recording.afterClear),
    ...equal('after restore', references(bag).length, recording.afterRestoreOfSnapshot),
  ]
}

export interface CacheRecording {
  readonly keyShapes: readonly {
    readonly referencedAttributes: RecordedReferences
    readonly bags: readonly {
      readonly name: string
      readonly attributes: TypedValues
      readonly exactMatchesHold: boolean
      readonly absenceMatchesHold: boolean
    }[]
  }[]
  readonly cacheSequence: readonly {
    readonly set: { readonly attributes: TypedValues; readonly alreadyExpired: boolean; readonly referencedAttributes: RecordedReferences }
    readonly gets: readonly { readonly name: string; readonly attributes: TypedValues; readonly hit: boolean }[]
  }[]
  readonly capacityUsed: number
}

function shapeCases(recording: CacheRecording): readonly MixerCase[] {
  return recording.keyShapes.flatMap(shape =>
    shape.bags.map(given => ({
      name: `key shape ${given.name}`,
      check: () => {
        const bag = bagOfTyped(given.attributes)
        const all = resolved(shape.referencedAttributes).references
        const holds = (condition: string): boolean => all.filter(r => r.condition === condition).every(r => referenceHolds(r, bag))
        return [...equal('exact', holds('exact'), given.exactMatchesHold), ...equal('absence', holds('absence'), given.absenceMatchesHold)]
      },
    })),
  )
}

function checkCacheSequence(recording: CacheRecording): Findings {
  const cache = new ReferenceCache<string>(recording.capacityUsed)
  const now = 1000
  return recording.cacheSequence.flatMap(({ set, gets }) => {
    const expires = set.alreadyExpired ? now - 1 : now + 60_000
    cache.set(bagOfTyped(set.attributes), resolved(set.referencedAttributes).references, 'answer', expires, now)
    return gets.flatMap(get => equal(get.name, cache.get(bagOfTyped(get.attributes), now) !== undefined, get.hit))
  })
}

export interface TextRecording {
  readonly stringify: readonly { readonly value: TypedValue | null; readonly text: string }[]
  readonly stringEquals: readonly { readonly a: TypedValue | null; readonly b: TypedValue | null; readonly equal: boolean }[]
}

export function textCases(recording: TextRecording): readonly MixerCase[] {
  const value = (typed: TypedValue | null): ReturnType<typeof valueOf> | undefined => (typed === null ? undefined : valueOf(typed))
  return [
    ...recording.stringify.map((row, index) => ({
      name: `text ${index} ${row.text}`,
      check: () => equal('text', valueToText(value(row.value)), row.text),
    })),
    ...recording.stringEquals.map((row, index) => ({
      name: `text equality ${index}`,
      check: () => equal('equal', textEquals(value(row.a), value(row.b)), row.equal),
    })),
  ]
}

export interface CompressorRecording {
  readonly compress: { readonly attributes: TypedValues; readonly expected: RecordedMessage }
  readonly batch: {
    readonly second: TypedValues
    readonly expected: { readonly attributes: readonly RecordedMessage[]; readonly default_words: readonly string[] }
  }
  readonly referenced: readonly (RecordedReferences & {
    readonly name: string
    readonly decodes?: boolean
    readonly decodedAbsence?: readonly string[]
    readonly decodedExact?: readonly string[]
  })[]
  readonly signature: RecordedReferences & {
    readonly bags: readonly { readonly name: string; readonly attributes: TypedValues; readonly compatible: boolean }[]
  }
}

function checkBatch({ compress: first, batch }: CompressorRecording): Findings {
  const compressor = new BatchCompressor(GLOBAL_DICTIONARY)
  const second = { ...first.attributes, ...batch.second }
  const accepted = [compressor.add(bagOfTyped(first.attributes)), compressor.add(bagOfTyped(second))]
  const { 'response.size': _gone, ...third } = second
  accepted.push(compressor.add(bagOfTyped(third)))
  const got = compressor.finish()
  return [
    ...equal('accepted', accepted, [true, true, false]),
    ...equal(
      'records',
      got.attributes.map(comparable),
      batch.expected.attributes.map(m => comparable(toMessage(m))),
    ),
    ...equal('default words', got.defaultWords, batch.expected.default_words),
  ]
}

function referencedCases(recording: CompressorRecording): readonly MixerCase[] {
  return recording.referenced.map(given => ({
    name: `referenced ${given.name}`,
    check: () => {
      const { references: all, complete } = resolved(given)
      if (given.decodes === false) return equal('complete', complete, false)
      const of = (condition: string): string[] =>
        all
          .filter(r => r.condition === condition)
          .map(formatReference)
          .toSorted()
      return [...equal('absence', of('absence'), given.decodedAbsence ?? []), ...equal('exact', of('exact'), given.decodedExact ?? [])]
    },
  }))
}

export function compressorCases(recording: CompressorRecording): readonly MixerCase[] {
  const { attributes, expected } = recording.compress
  return [
    {
      name: 'compress one message',
      check: () => equal('message', comparable(compress(bagOfTyped(attributes), GLOBAL_DICTIONARY)), comparable(toMessage(expected))),
    },
    { name: 'compress a batch', check: () => checkBatch(recording) },
    ...referencedCases(recording),
    ...recording.signature.bags.map(given => ({
      name: `signature ${given.name}`,
      check: () => {
        const bag = bagOfTyped(given.attributes)
        return equal(
          'compatible',
          resolved(recording.signature).references.every(r => referenceHolds(r, bag)),
          given.compatible,
        )
      },
    })),
  ]
}

export function trackingCase(recording: TrackingRecording): MixerCase {
  return { name: 'reference tracking', check: () => checkTracking(recording) }
}

export function cacheCases(recording: CacheRecording): readonly MixerCase[] {
  return [...shapeCases(recording), { name: 'cache sequence', check: () => checkCacheSequence(recording) }]
}
