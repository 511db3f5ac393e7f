/** What a JSON format is made of: every text is a template, everything else stays as it is. */
export type JsonTemplate = string | number | boolean | null | readonly JsonTemplate[] | { readonly [name: string]: JsonTemplate }

/** `envoy.config.core.v3.SubstitutionFormatString`. `omitEmpty`: absent values leave nothing, not even `-`, `null` or their name. */
export type SubstitutionFormat =
  | { readonly kind: 'text'; readonly template: string; readonly omitEmpty: boolean }
  | { readonly kind: 'json'; readonly fields: Readonly<Record<string, JsonTemplate>>; readonly omitEmpty: boolean }
