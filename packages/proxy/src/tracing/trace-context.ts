import { headerNames } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'

/** What travels from hop to hop. Ids are lower-case hexadecimal. */
export interface TraceContext {
  /** 16 or 32 digits. */
  readonly traceId: string
  /** 16 digits: the span of the sender. */
  readonly spanId: string
  /** 16 digits, or empty. */
  readonly parentId: string
  /** null: the sender leaves the decision to us. */
  readonly sampled: boolean | null
  /** `x-b3-flags: 1`: sampled by everyone. */
  readonly debug: boolean
  /** `tracestate` of W3C, passed on as it came; empty without one. */
  readonly state: string
}

/** What a request says of its trace. */
export type Extracted =
  | { readonly kind: 'context'; readonly context: TraceContext }
  /** Only the decision came (`x-b3-sampled` without ids). */
  | { readonly kind: 'decision'; readonly sampled: boolean }
  | { readonly kind: 'none' }

/** The request says nothing. */
export const NONE: Extracted = { kind: 'none' }
const TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i
const SPAN_ID = /^[0-9a-f]{16}$/i
const ALL_ZERO = /^0+$/

/** B3: the single header wins over the many (github.com/openzipkin/b3-propagation). Malformed ids start a new trace. */
export function extractB3(headers: HeaderTable): Extracted {
  const single = headers.get('b3')
  if (single !== null) return parseSingleB3(single)
  const sampled = parseSampled(headers.get('x-b3-sampled'))
  const debug = headers.get('x-b3-flags') === '1'
  const traceId = headers.get('x-b3-traceid')
  const spanId = headers.get('x-b3-spanid')
  if (traceId === null || spanId === null) return sampled === null ? NONE : { kind: 'decision', sampled }
  return contextOf(traceId, spanId, headers.get('x-b3-parentspanid') ?? '', debug ? true : sampled, debug)
}

/** `traceid-spanid-sampled-parentspanid`, or the decision alone. */
function parseSingleB3(text: string): Extracted {
  const parts = text.split('-')
  if (parts.length === 1) {
    const sampled = parseSampled(text)
    return sampled === null ? NONE : { kind: 'decision', sampled }
  }
  const [traceId = '', spanId = '', sampled = '', parentId = ''] = parts
  const debug = sampled === 'd'
  return contextOf(traceId, spanId, parentId, debug ? true : parseSampled(sampled), debug)
}

function contextOf(traceId: string, spanId: string, parentId: string, sampled: boolean | null, debug: boolean): Extracted {
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId) || ALL_ZERO.test(traceId)) return NONE
  const parent = SPAN_ID.test(parentId) ? parentId.toLowerCase() : ''
  const context = { traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase(), parentId: parent, sampled, debug, state: '' }
  return { kind: 'context', context }
}

function parseSampled(value: string | null): boolean | null {
  if (value === '1' || value === 'true' || value === 'd') return true
  return value === '0' || value === 'false' ? false : null
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** W3C Trace Context, section 3.2. Version ff, zero ids and what follows a version 00 header make it void. */
export function extractW3c(headers: HeaderTable): Extracted {
  const [, version, traceId = '', spanId = '', flags = '', rest] = TRACEPARENT.exec(headers.get('traceparent')?.trim() ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return NONE
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return NONE
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  const state = headers.getJoined('tracestate') ?? ''
  return { kind: 'context', context: { traceId, spanId, parentId: '', sampled, debug: false, state } }
}

const B3_TRACE = headerNames.of('x-b3-traceid')
const B3_SPAN = headerNames.of('x-b3-spanid')
const B3_SAMPLED = headerNames.of('x-b3-sampled')

/** Writes the context as the many headers of B3. */
export function injectB3(headers: HeaderTable, { traceId, spanId, parentId, sampled, debug }: TraceContext): void {
  headers.remove('b3')
  headers.put(B3_TRACE, traceId)
  headers.put(B3_SPAN, spanId)
  if (parentId !== '') headers.set('x-b3-parentspanid', parentId)
  if (debug) headers.set('x-b3-flags', '1')
  headers.put(B3_SAMPLED, sampled === true ? '1' : '0')
}

export function injectW3c(headers: HeaderTable, { traceId, spanId, sampled, state }: TraceContext): void {
  headers.set('traceparent', `00-${traceId.padStart(32, '0')}-${spanId}-${sampled === true ? '01' : '00'}`)
  if (state !== '') headers.set('tracestate', state)
}
