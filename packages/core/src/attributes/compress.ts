import type { AttributeBag } from './bag.ts'
import { type CompressedAttributes, emptyCompressed, splitInstant, splitSpan } from './compressed.ts'
import type { Dictionary } from './dictionary.ts'
import { type AttributeValue, sameValue, type StringMap } from './value.ts'
import { WordWriter } from './words.ts'

function addMap(map: StringMap, words: WordWriter): { entries: { [key: number]: number } } {
  const entries: { [key: number]: number } = {}
  for (const [key, value] of map.entries()) entries[words.index(key)] = words.index(value)
  return { entries }
}

function add(to: CompressedAttributes, name: string, value: AttributeValue, words: WordWriter): void {
  const index = words.index(name)
  if (typeof value === 'string') to.strings[index] = words.index(value)
  else if (typeof value === 'bigint') to.int64s[index] = value
  else if (typeof value === 'number') to.doubles[index] = value
  else if (typeof value === 'boolean') to.bools[index] = value
  else if (value instanceof Uint8Array) to.bytes[index] = value
  else if (value.kind === 'instant') to.timestamps[index] = splitInstant(value.epochNanos)
  else if (value.kind === 'span') to.durations[index] = splitSpan(value.nanos)
  else to.stringMaps[index] = addMap(value, words)
}

/** One message with its own words. `dictionary`: the words that the peer knows. */
export function compress(bag: AttributeBag, dictionary: Dictionary): CompressedAttributes {
  const words = new WordWriter(dictionary)
  const to = emptyCompressed(words.words)
  for (const name of bag.names()) {
    const value = bag.get(name)
    if (value !== undefined) add(to, name, value, words)
  }
  return to
}

/** Records of one Report with the words that they share. */
export interface CompressedBatch {
  readonly attributes: CompressedAttributes[]
  readonly defaultWords: string[]
}

/** Delta-codes the records of one Report: the first complete, each further one as what changed (mixer.md 1.3). */
export class BatchCompressor {
  private readonly words: WordWriter
  private readonly records: CompressedAttributes[] = []
  private last = new Map<string, AttributeValue>()

  constructor(dictionary: Dictionary) {
    this.words = new WordWriter(dictionary)
  }

  get size(): number {
    return this.records.length
  }

  /** False, and nothing added, if an attribute of the record before is gone: that cannot be expressed. Finish this batch, start another. */
  add(bag: AttributeBag): boolean {
    const next = new Map<string, AttributeValue>()
    for (const name of bag.names()) {
      const value = bag.get(name)
      if (value !== undefined) next.set(name, value)
    }
    for (const name of this.last.keys()) if (!next.has(name)) return false
    const record = emptyCompressed()
    for (const [name, value] of next) {
      const before = this.last.get(name)
      if (before === undefined || !sameValue(before, value)) add(record, name, value, this.words)
    }
    this.records.push(record)
    this.last = next
    return true
  }

  finish(): CompressedBatch {
    return { attributes: this.records, defaultWords: this.words.words }
  }
}
