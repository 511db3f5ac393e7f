import { err, ok, type Result } from '../result/result.ts'
import type { AttributeBag } from './bag.ts'
import { type CompressedAttributes, nanosOf } from './compressed.ts'
import type { Dictionary } from './dictionary.ts'
import { type AttributeValue, instant, stringMap, timeSpan } from './value.ts'
import { wordAt } from './words.ts'

/** The members of a message that hold values, in the order in which a name that occurs twice is looked up. */
const SECTIONS = ['strings', 'int64s', 'doubles', 'bools', 'timestamps', 'durations', 'bytes', 'stringMaps'] as const
type Section = (typeof SECTIONS)[number]

/** Reads values out of one message. Calls `undefinedIndex` for an index that no dictionary defines. */
class MessageReader {
  readonly message: CompressedAttributes
  readonly words: readonly string[]
  private readonly dictionary: Dictionary
  private readonly undefinedIndex: (index: number) => void

  constructor(
    message: CompressedAttributes,
    defaultWords: readonly string[],
    dictionary: Dictionary,
    undefinedIndex: (index: number) => void,
  ) {
    this.message = message
    this.words = message.words.length === 0 ? defaultWords : message.words
    this.dictionary = dictionary
    this.undefinedIndex = undefinedIndex
  }

  word(index: number): string | undefined {
    const word = wordAt(index, this.words, this.dictionary)
    if (word === undefined) this.undefinedIndex(index)
    return word
  }

  value(section: Section, index: number): AttributeValue | undefined {
    if (section === 'strings') return this.text(index)
    if (section === 'stringMaps') return this.map(index)
    if (section === 'timestamps' || section === 'durations') return this.time(section, index)
    return this.message[section][index]
  }

  private text(index: number): string | undefined {
    const word = this.message.strings[index]
    return word === undefined ? undefined : this.word(word)
  }

  private time(section: 'timestamps' | 'durations', index: number): AttributeValue | undefined {
    const value = this.message[section][index]
    if (value === undefined) return undefined
    return section === 'timestamps' ? instant(nanosOf(value)) : timeSpan(nanosOf(value))
  }

  private map(index: number): AttributeValue | undefined {
    const entries = new Map<string, string>()
    for (const [keyIndex, valueIndex] of Object.entries(this.message.stringMaps[index]?.entries ?? {})) {
      const key = this.word(Number(keyIndex))
      const value = this.word(valueIndex)
      if (key === undefined || value === undefined) return undefined
      entries.set(key, value)
    }
    return stringMap(entries)
  }
}

interface Place {
  readonly section: Section
  readonly index: number
}

/** Decodes values when they are read. What an undefined index makes unreadable counts as absent (mixer.md 1.2). */
class LazyBag implements AttributeBag {
  private readonly reader: MessageReader
  private readonly values = new Map<string, AttributeValue | undefined>()
  private places: Map<string, Place> | undefined

  constructor(reader: MessageReader) {
    this.reader = reader
  }

  get(name: string): AttributeValue | undefined {
    if (this.values.has(name)) return this.values.get(name)
    const place = this.index().get(name)
    const value = place === undefined ? undefined : this.reader.value(place.section, place.index)
    this.values.set(name, value)
    return value
  }

  *names(): Iterable<string> {
    for (const name of this.index().keys()) if (this.get(name) !== undefined) yield name
  }

  private index(): Map<string, Place> {
    if (this.places !== undefined) return this.places
    const places = new Map<string, Place>()
    for (const section of SECTIONS) {
      for (const key of Object.keys(this.reader.message[section])) {
        const index = Number(key)
        const name = this.reader.word(index)
        if (name === undefined) continue
        const before = places.get(name)
        // A word of the message wins over the same word of the global dictionary.
        if (before === undefined || (before.index >= 0 && index < 0)) places.set(name, { section, index })
      }
    }
    this.places = places
    return places
  }
}

/** For Check, and for the first record of a Report: never fails, what cannot be decoded is absent. */
export function decompressLazily(
  message: CompressedAttributes,
  dictionary: Dictionary,
  defaultWords: readonly string[] = [],
): AttributeBag {
  return new LazyBag(new MessageReader(message, defaultWords, dictionary, () => undefined))
}

/** All attributes, or why the message is refused: an undefined index, or a name that occurs twice. */
export function decompressStrictly(
  message: CompressedAttributes,
  dictionary: Dictionary,
  defaultWords: readonly string[] = [],
): Result<Map<string, AttributeValue>, string> {
  const problems: string[] = []
  const reader = new MessageReader(message, defaultWords, dictionary, index =>
    problems.push(`attribute index ${index} is not defined in the available dictionaries`),
  )
  const values = new Map<string, AttributeValue>()
  for (const section of SECTIONS) {
    for (const key of Object.keys(message[section])) {
      const name = reader.word(Number(key))
      if (name === undefined) continue
      if (values.has(name)) return err(`attribute '${name}' occurs twice in one message`)
      const value = reader.value(section, Number(key))
      if (value !== undefined) values.set(name, value)
    }
  }
  return problems.length === 0 ? ok(values) : err(problems.join('; '))
}
