/** Placeholders in header values stand for anything of their kind; null means absent; a list means several lines in order. */
export type ExpectedHeaders = Readonly<Record<string, string | null | readonly string[]>>

/** A request as an endpoint must have received it; only the given fields count. */
export interface ExpectedUpstream {
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly port?: number
  readonly body?: string
  readonly sni?: string
  readonly protocol?: string
  readonly headers?: ExpectedHeaders
}

type Counts = Readonly<Record<string, number>>
type Bounds = number | readonly [least: number, most: number]

/** The binding part of a recorded expectation. */
export interface Must {
  readonly status?: number
  readonly outcome?: string
  readonly endpoint?: string | null
  readonly endpointOneOf?: readonly string[]
  readonly upstreamRequests?: Counts | number
  readonly upstream?: ExpectedUpstream
  readonly otherUpstream?: Readonly<Record<string, ExpectedUpstream>>
  readonly responseHeaders?: ExpectedHeaders
  readonly body?: string
  readonly serverCert?: string
  readonly durationMs?: { readonly min?: number; readonly max?: number }
  readonly statuses?: Counts
  readonly endpoints?: Counts
  readonly share?: Counts
  readonly tolerancePoints?: number
  readonly upstreamPercentOfRequests?: Counts
  readonly allSameEndpoint?: boolean
  readonly rule?: {
    readonly statusCount?: Readonly<Record<string, Bounds>>
    readonly endpointPercent?: Readonly<Record<string, readonly [number, number]>>
    readonly minEndpoints?: number
  }
  readonly outcomesObservedInclude?: readonly string[]
}
