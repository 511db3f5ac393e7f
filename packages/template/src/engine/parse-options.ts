/** What opens and closes an action; `{{` and `}}` unless told otherwise. */
export interface Delimiters {
  readonly left: string
  readonly right: string
}

export const DEFAULT_DELIMITERS: Delimiters = { left: '{{', right: '}}' }
