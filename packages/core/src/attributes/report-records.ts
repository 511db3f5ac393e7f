import { err, ok, type Result } from '../result/result.ts'
import { type AttributeBag, LayeredBag } from './bag.ts'
import type { CompressedAttributes } from './compressed.ts'
import { decompressLazily, decompressStrictly } from './decompress.ts'
import type { Dictionary } from './dictionary.ts'
import type { AttributeValue } from './value.ts'

/**
 * The full attribute sets behind the delta-coded records of one Report. The bag is the same object each time and valid until the
 * next step. An error ends the sequence: later records build on the one that could not be read (mixer.md 1.3).
 */
export function* reportRecords(
  records: readonly CompressedAttributes[],
  defaultWords: readonly string[],
  dictionary: Dictionary,
): Generator<Result<AttributeBag, string>, void, undefined> {
  const accumulated = new Map<string, AttributeValue>()
  const bag = new LayeredBag(undefined, accumulated)
  for (const [position, record] of records.entries()) {
    if (position === 0) {
      bag.merge(decompressLazily(record, dictionary, defaultWords))
    } else {
      const delta = decompressStrictly(record, dictionary, defaultWords)
      if (delta.kind === 'err') {
        yield err(delta.error)
        return
      }
      for (const [name, value] of delta.value) accumulated.set(name, value)
    }
    yield ok(bag)
  }
}
