import type { Dictionary } from './dictionary.ts'

/** Index zero and up: a word of the dictionary; below zero: number `-index - 1` of the words in the message (mixer.md 1.2). */
export function wordAt(index: number, messageWords: readonly string[], dictionary: Dictionary): string | undefined {
  return index >= 0 ? dictionary.words[index] : messageWords[-index - 1]
}

/** Gives words their index, collecting those that the dictionary lacks. */
export class WordWriter {
  readonly words: string[] = []
  private readonly own = new Map<string, number>()
  private readonly dictionary: Dictionary

  constructor(dictionary: Dictionary) {
    this.dictionary = dictionary
  }

  index(word: string): number {
    return this.own.get(word) ?? this.dictionary.indexOf(word) ?? this.append(word)
  }

  /** For places where index 0 means "nothing". */
  indexNotZero(word: string): number {
    const index = this.index(word)
    return index === 0 ? this.append(word) : index
  }

  private append(word: string): number {
    const index = -this.words.push(word)
    this.own.set(word, index)
    return index
  }
}
