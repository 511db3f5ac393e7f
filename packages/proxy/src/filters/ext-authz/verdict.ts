export type HeaderPair = readonly [string, string]

/** How a header that the service gives meets one that is there (HeaderValueOption.append_action). */
export interface HeaderChange {
  readonly name: string
  readonly value: string
  readonly action: 'append' | 'set' | 'add-if-absent' | 'set-if-present'
}

/** What the service said of a request. */
export type Verdict =
  | {
      readonly kind: 'allowed'
      readonly requestChanges: readonly HeaderChange[]
      readonly requestRemovals: readonly string[]
      readonly responseChanges: readonly HeaderChange[]
      readonly query: { readonly set: readonly HeaderPair[]; readonly remove: readonly string[] } | null
      readonly metadata: Readonly<Record<string, unknown>> | null
    }
  | {
      readonly kind: 'denied'
      readonly status: number
      readonly body: string
      readonly headers: readonly HeaderPair[]
      readonly metadata: Readonly<Record<string, unknown>> | null
    }
  /** It could not be asked, or gave no answer. */
  | { readonly kind: 'error' }

export const ERROR: Verdict = { kind: 'error' }
