import { StringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'

/** A value of a policy: exact, `prefix*`, `*suffix`, or `*` for anything that is there and not empty. A star elsewhere is a star. */
export type ValuePattern = { readonly kind: 'present' } | { readonly kind: 'exact' | 'prefix' | 'suffix'; readonly text: string }

export function valuePattern(value: string): ValuePattern {
  if (value === '*') return { kind: 'present' }
  if (value.startsWith('*')) return { kind: 'suffix', text: value.slice(1) }
  if (value.endsWith('*')) return { kind: 'prefix', text: value.slice(0, -1) }
  return { kind: 'exact', text: value }
}

/** The value as a matcher of texts that begin with `scheme`, which the value itself leaves out. */
export function valueMatcher(value: string, scheme: string = '', ignoreCase: boolean = false): StringMatcher {
  const pattern = valuePattern(value)
  switch (pattern.kind) {
    case 'present':
      return regexMatcher('.+')
    case 'exact':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'exact', value: scheme + pattern.text }, ignoreCase })
    case 'prefix':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'prefix', value: scheme + pattern.text }, ignoreCase })
    case 'suffix':
      // A text that ends alike but has another scheme is not meant.
      return scheme === ''
        ? StringMatcher.fromPartial({ matchPattern: { $case: 'suffix', value: pattern.text }, ignoreCase })
        : regexMatcher(`${escapeRegex(scheme)}.*${escapeRegex(pattern.text)}`)
  }
}

/** RE2; must match the whole text. */
export function regexMatcher(regex: string): StringMatcher {
  return StringMatcher.fromPartial({ matchPattern: { $case: 'safeRegex', value: { regex } } })
}

export function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

/** The value as a regular expression over text without slashes. */
export function segmentRegex(value: string): string {
  const pattern = valuePattern(value)
  switch (pattern.kind) {
    case 'present':
      return '[^/]+'
    case 'exact':
      return escapeRegex(pattern.text)
    case 'prefix':
      return `${escapeRegex(pattern.text)}[^/]*`
    case 'suffix':
      return `[^/]*${escapeRegex(pattern.text)}`
  }
}
