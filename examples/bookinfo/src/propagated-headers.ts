/**
 * A proxy sees one request come in and another go out; only the application knows that they belong together.
 * These headers carry the request id, the trace context (B3 and W3C) and the signed-in user from one to the other.
 */
export const PROPAGATED_HEADERS = [
  'x-request-id',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'traceparent',
  'tracestate',
  'end-user',
  'user-agent',
] as const
