/**
 * How a text is compared. Matches are case-sensitive unless the field's owner says otherwise; `regex` is RE2 and must match the
 * whole text. `present` is the empty match `{}` of a header: any value will do.
 */
export type StringMatch =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string }
  | { readonly kind: 'present' }

export type Labels = Readonly<Record<string, string>>

/** A port of a Gateway, Sidecar or ServiceEntry. */
export interface ConfigPort {
  readonly number: number
  /** As written (`HTTP`, `http2`, …); `parseProtocol` of the registry gives it a meaning. */
  readonly protocol: string
  readonly name: string
  /** ServiceEntry only: the port of the endpoints, if it differs. */
  readonly targetPort?: number
}
