import type { MetadataMatch, ValueMatch } from '../model/match.ts'
import { compileStringMatch } from './match-string.ts'

/** Tests a JSON-like value; undefined: there is none. */
export type ValuePredicate = (value: unknown) => boolean

export function compileValueMatch(match: ValueMatch): ValuePredicate {
  switch (match.kind) {
    case 'null':
      return value => value === null
    case 'number-exact':
      return value => value === match.value
    case 'number-range':
      return value => typeof value === 'number' && value >= match.start && value < match.end
    case 'string': {
      const test = compileStringMatch(match.match)
      return value => typeof value === 'string' && test(value)
    }
    case 'bool':
      return value => value === match.value
    case 'present':
      return value => (value !== undefined) === match.present
    case 'one-of': {
      const test = compileValueMatch(match.match)
      return value => Array.isArray(value) && value.some(test)
    }
    case 'any-of': {
      const tests = match.matches.map(compileValueMatch)
      return value => tests.some(test => test(value))
    }
  }
}

/** Tests what `metadata` has under the matcher's namespace. */
export type MetadataPredicate = (metadata: MetadataView) => boolean

/** Whatever has metadata by namespace; null: nothing under that name. */
export interface MetadataView {
  dynamicMetadata(namespace: string): Readonly<Record<string, unknown>> | null
}

export function compileMetadataMatch(match: MetadataMatch): MetadataPredicate {
  const test = compileValueMatch(match.value)
  return metadata => test(valueAt(metadata.dynamicMetadata(match.filter), match.path)) !== match.invert
}

/** The value at the end of `path` inside `value`; undefined where it does not lead. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined
    at = Object.getOwnPropertyDescriptor(at, key)?.value
  }
  return at
}
