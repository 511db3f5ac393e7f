export type ProbeRequest =
  | { readonly kind: 'stall'; readonly ms: number }
  /** Keeps so many bytes more each second, and never lets go of them. */
  | { readonly kind: 'leak'; readonly bytesPerSecond: number }
  | { readonly kind: 'heap' }
  /** Asks for the longest stall since it was asked last. */
  | { readonly kind: 'longest-stall' }

export interface ProbeAnswer {
  readonly kind: 'heap' | 'longest-stall'
  /** Bytes left of the heap after a full collection, or milliseconds. */
  readonly value: number
}
