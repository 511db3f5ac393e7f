import type { TraceContext } from './trace-context.ts'

/** One hop of a trace, from the request's head to the end of the response. */
export interface Span {
  readonly context: TraceContext
  /** The span has its caller's id (B3's shared form): the caller reports the same id. */
  readonly shared: boolean
  readonly kind: 'client' | 'server'
  readonly startMs: number
}

/** A span that has ended and is to be reported. */
export interface FinishedSpan extends Span {
  readonly name: string
  readonly durationMs: number
  readonly tags: readonly (readonly [string, string])[]
  readonly error: boolean
  /** Where the traffic entered us: `10.0.0.1`, 8080. */
  readonly localAddress: string
  readonly localPort: number
}
