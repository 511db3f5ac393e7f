import type { AttributeBag } from './bag.ts'
import { isStringMap } from './value.ts'
import type { Dictionary } from './dictionary.ts'
import { WordWriter, wordAt } from './words.ts'

/** What an answer depends on: an attribute that was read and found, or read and not found. */
export interface Reference {
  readonly name: string
  /** The key that was read, for an attribute that is a map. */
  readonly mapKey: string | undefined
  readonly condition: 'exact' | 'absence'
}

/** Same shape as `istio.mixer.v1.ReferencedAttributes`. */
export interface WireReferences {
  words: string[]
  attributeMatches: { name: number; condition: number; regex: string; mapKey: number }[]
}

/** What `encodeReferences` makes of it: only two of the conditions. */
export interface EncodedReferences extends WireReferences {
  attributeMatches: { name: number; condition: typeof ABSENCE | typeof EXACT; regex: string; mapKey: number }[]
}

const ABSENCE = 1
const EXACT = 2

/** `headers[x-user]`, or just the name. */
export function formatReference(reference: Reference): string {
  return reference.mapKey === undefined ? reference.name : `${reference.name}[${reference.mapKey}]`
}

/** Words of the dictionary are used as far as the peer knows them, others travel along. */
export function encodeReferences(references: Iterable<Reference>, dictionary: Dictionary): EncodedReferences {
  const words = new WordWriter(dictionary)
  const attributeMatches: EncodedReferences['attributeMatches'] = []
  for (const { name, mapKey, condition } of references) {
    attributeMatches.push({
      name: words.index(name),
      condition: condition === 'exact' ? EXACT : ABSENCE,
      regex: '',
      // Zero reads as "no key", so that word must never stand for one.
      mapKey: mapKey === undefined ? 0 : words.indexNotZero(mapKey),
    })
  }
  return { words: words.words, attributeMatches }
}

export interface ResolvedReferences {
  readonly references: readonly Reference[]
  /** Whether nothing was left out: no undefined word, no condition other than EXACT and ABSENCE. If false, the answer must not be kept. */
  readonly complete: boolean
}

export function resolveReferences(wire: WireReferences, dictionary: Dictionary): ResolvedReferences {
  const references: Reference[] = []
  let complete = true
  for (const match of wire.attributeMatches) {
    const name = wordAt(match.name, wire.words, dictionary)
    const mapKey = match.mapKey === 0 ? undefined : wordAt(match.mapKey, wire.words, dictionary)
    const known = name !== undefined && (match.mapKey === 0 || mapKey !== undefined)
    if (!known || (match.condition !== EXACT && match.condition !== ABSENCE)) {
      complete = false
      continue
    }
    references.push({ name, mapKey, condition: match.condition === EXACT ? 'exact' : 'absence' })
  }
  return { references, complete }
}

/** Whether the attribute (or the key of a map) is found or missing, as the reference says. */
export function referenceHolds(reference: Reference, bag: AttributeBag): boolean {
  const value = bag.get(reference.name)
  const found = isStringMap(value) && reference.mapKey !== undefined ? value.get(reference.mapKey) !== undefined : value !== undefined
  return found === (reference.condition === 'exact')
}

/** Whether all hold. Asked for every cached answer of every request, so it allocates nothing. */
export function referencesHold(references: readonly Reference[], bag: AttributeBag): boolean {
  for (const reference of references) if (!referenceHolds(reference, bag)) return false
  return true
}
