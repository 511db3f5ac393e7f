/** What policy says about a request. Code 0 lets it pass; the others are `google.rpc.Code`. */
export interface Verdict {
  readonly code: number
  readonly message: string
}

export const ALLOWED: Verdict = { code: 0, message: '' }
