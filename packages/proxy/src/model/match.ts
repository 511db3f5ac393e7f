/** Conditions on texts, headers and structured values, shared by routes, filters and logs. */

export type StringMatch = { readonly ignoreCase: boolean } & (
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'suffix'; readonly value: string }
  | { readonly kind: 'contains'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string }
)

export interface HeaderMatch {
  /** Lower-case; may be a pseudo-header such as `:method`. */
  readonly name: string
  readonly match:
    | { readonly kind: 'present'; readonly present: boolean }
    | { readonly kind: 'string'; readonly match: StringMatch }
    | { readonly kind: 'range'; readonly start: bigint; readonly end: bigint }
  readonly invert: boolean
  readonly treatMissingAsEmpty: boolean
}

export interface QueryParameterMatch {
  readonly name: string
  readonly match: { readonly kind: 'present'; readonly present: boolean } | { readonly kind: 'string'; readonly match: StringMatch }
}

/** `envoy.type.matcher.v3.ValueMatcher` over a JSON-like value. */
export type ValueMatch =
  | { readonly kind: 'null' }
  | { readonly kind: 'number-exact'; readonly value: number }
  | { readonly kind: 'number-range'; readonly start: number; readonly end: number }
  | { readonly kind: 'string'; readonly match: StringMatch }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'present'; readonly present: boolean }
  /** Some element of a list. */
  | { readonly kind: 'one-of'; readonly match: ValueMatch }
  | { readonly kind: 'any-of'; readonly matches: readonly ValueMatch[] }

/** `envoy.type.matcher.v3.MetadataMatcher`. */
export interface MetadataMatch {
  /** Namespace of the metadata: the name of the filter that wrote it. */
  readonly filter: string
  readonly path: readonly string[]
  readonly value: ValueMatch
  readonly invert: boolean
}
