import { type AttributeBag, compress, decompressLazily, decompressStrictly, Dictionary, LayeredBag } from '@meshwork/core/attributes'
import type { MixerCase } from '../case-runner.ts'
import { contains, equal, exactly, type Findings, lacks } from '../expectation.ts'
import { bagOfTyped, type TypedValues, valueOf } from '../typed-value.ts'
import { comparable, type RecordedMessage, toMessage } from './wire-form.ts'

export interface BagCase {
  readonly name: string
  readonly globalWords?: readonly string[]
  readonly globalWordsOfSender?: readonly string[]
  readonly globalWordCountUsed?: number
  readonly decodeWithGlobalWords?: readonly string[]
  readonly compressed?: RecordedMessage
  readonly updates?: readonly RecordedMessage[]
  readonly overrides?: TypedValues
  readonly expected?: TypedValues
  readonly absent?: readonly string[]
  readonly expectedError?: boolean
  readonly lenient?: boolean
  readonly bothBags?: boolean
  readonly roundTrips?: boolean
  readonly childOverrideDoesNotLeak?: { readonly set: TypedValues; readonly parentStill: TypedValues }
  readonly encode?: TypedValues
  readonly expectedCompressed?: RecordedMessage
  readonly parent?: TypedValues
  readonly child?: TypedValues
  readonly mergeInOrder?: readonly TypedValues[]
  readonly deleteInChild?: string
  readonly encodeChildThenDecode?: TypedValues
}

function strict(message: RecordedMessage, dictionary: Dictionary): LayeredBag {
  const decoded = decompressStrictly(toMessage(message), dictionary)
  if (decoded.kind === 'err') throw new Error(decoded.error)
  return new LayeredBag(undefined, decoded.value)
}

function writeAll(bag: LayeredBag, values: TypedValues | undefined): void {
  for (const [name, typed] of Object.entries(values ?? {})) bag.set(name, valueOf(typed))
}

function roundTrip(bag: AttributeBag, encodeWith: Dictionary, decodeWith: Dictionary): LayeredBag {
  const decoded = decompressStrictly(compress(bag, encodeWith), decodeWith)
  if (decoded.kind === 'err') throw new Error(decoded.error)
  return new LayeredBag(undefined, decoded.value)
}

function checkDecoding(given: BagCase, message: RecordedMessage, dictionary: Dictionary): Findings {
  if (given.expectedError === true) {
    return decompressStrictly(toMessage(message), dictionary).kind === 'err' ? [] : ['decoded, but must be refused']
  }
  const lazy = decompressLazily(toMessage(message), dictionary)
  if (given.lenient === true) return [...contains(lazy, given.expected), ...lacks(lazy, given.absent)]
  const decoded = strict(message, dictionary)
  const bag = new LayeredBag(decoded)
  writeAll(bag, given.overrides)
  const findings = [...exactly(bag, given.expected), ...lacks(bag, given.absent), ...checkChild(given, bag)]
  if (given.bothBags === true) findings.push(...exactly(lazy, given.expected))
  if (given.roundTrips === true) findings.push(...exactly(roundTrip(bag, dictionary, dictionary), given.expected))
  return findings
}

function checkChild(given: BagCase, bag: LayeredBag): Findings {
  const { childOverrideDoesNotLeak: leak } = given
  if (leak === undefined) return []
  const child = new LayeredBag(bag)
  writeAll(child, leak.set)
  return [...contains(child, leak.set), ...contains(bag, leak.parentStill)]
}

function checkUpdates(given: BagCase, updates: readonly RecordedMessage[], dictionary: Dictionary): Findings {
  const bag = new LayeredBag()
  for (const update of updates) {
    const delta = strict(update, dictionary)
    for (const name of delta.names()) {
      const value = delta.get(name)
      if (value !== undefined) bag.set(name, value)
    }
  }
  return exactly(bag, given.expected)
}

function checkEncoding(given: BagCase, values: TypedValues): Findings {
  const known = new Dictionary(given.globalWordsOfSender ?? given.globalWords ?? [])
  const used = known.prefix(given.globalWordCountUsed ?? known.words.length)
  const bag = bagOfTyped(values)
  const { expectedCompressed: want } = given
  const exact = want === undefined ? [] : equal('message', comparable(compress(bag, used)), comparable(toMessage(want)))
  const receiver = given.decodeWithGlobalWords === undefined ? known : new Dictionary(given.decodeWithGlobalWords)
  return [...exact, ...exactly(roundTrip(bag, used, receiver), given.expected ?? values)]
}

function checkLayers(given: BagCase): Findings {
  const bag = new LayeredBag(bagOfTyped(given.parent))
  writeAll(bag, given.child)
  for (const values of given.mergeInOrder ?? []) bag.merge(bagOfTyped(values))
  if (given.deleteInChild !== undefined) bag.delete(given.deleteInChild)
  const none = new Dictionary([])
  const { encodeChildThenDecode: encoded } = given
  return [
    ...(given.expected === undefined ? [] : exactly(bag, given.expected)),
    ...(encoded === undefined ? [] : exactly(roundTrip(bag, none, none), encoded)),
  ]
}

export function bagCase(given: BagCase): MixerCase {
  const dictionary = new Dictionary(given.globalWords ?? [])
  return {
    name: `bag ${given.name}`,
    check: () => {
      if (given.compressed !== undefined) return checkDecoding(given, given.compressed, dictionary)
      if (given.updates !== undefined) return checkUpdates(given, given.updates, dictionary)
      return given.encode === undefined ? checkLayers(given) : checkEncoding(given, given.encode)
    },
  }
}
