/** A list of words that sender and receiver know, addressed by index from 0. */
export class Dictionary {
  readonly words: readonly string[]
  private readonly indices: ReadonlyMap<string, number>

  constructor(words: readonly string[]) {
    this.words = words
    this.indices = new Map(words.map((word, index) => [word, index]))
  }

  indexOf(word: string): number | undefined {
    return this.indices.get(word)
  }

  /** The first `count` words: what a peer with an older list knows. */
  prefix(count: number): Dictionary {
    return count >= this.words.length ? this : new Dictionary(this.words.slice(0, count))
  }
}
