export type ProbeRequest = { readonly kind: 'stall'; readonly ms: number } | { readonly kind: 'heap' }

export interface ProbeAnswer {
  readonly kind: 'heap'
  /** What is left of the heap after a full collection. */
  readonly bytes: number
}
