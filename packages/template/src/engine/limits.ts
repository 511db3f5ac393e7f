/** What one rendering may cost at most. A template is input: it must not be able to fill the memory or never end. */
export interface TemplateLimits {
  /** Characters written by all actions together, text of named templates that are included counted again. */
  readonly outputCharacters: number
  /** Turns of all loops together. */
  readonly iterations: number
  /** Named templates that call one another. */
  readonly depth: number
  /** Characters of one template's text. */
  readonly sourceCharacters: number
}

export const DEFAULT_LIMITS: TemplateLimits = {
  outputCharacters: 32 * 1024 * 1024,
  iterations: 1_000_000,
  depth: 200,
  sourceCharacters: 4 * 1024 * 1024,
}

/** Elements of a list that a function such as `until` makes at most. */
export const MAX_MADE_ITEMS: number = 100_000

/** Characters of a string that a function such as `repeat` makes at most. */
export const MAX_MADE_CHARACTERS: number = 16 * 1024 * 1024
