/** The conditions of `retry_on` and `x-envoy-retry-on` as bits. */
export const RetryOn = {
  none: 0,
  serverError: 0x1,
  gatewayError: 0x2,
  reset: 0x4,
  resetBeforeRequest: 0x8,
  connectFailure: 0x10,
  rateLimited: 0x20,
  retriable4xx: 0x40,
  refusedStream: 0x80,
  statusCodes: 0x100,
  headers: 0x200,
  grpcCancelled: 0x400,
  grpcDeadlineExceeded: 0x800,
  grpcResourceExhausted: 0x1000,
  grpcInternal: 0x2000,
  grpcUnavailable: 0x4000,
} as const

const WORDS: ReadonlyMap<string, number> = new Map<string, number>([
  ['5xx', RetryOn.serverError],
  ['gateway-error', RetryOn.gatewayError],
  ['reset', RetryOn.reset],
  ['reset-before-request', RetryOn.resetBeforeRequest],
  ['connect-failure', RetryOn.connectFailure],
  ['envoy-ratelimited', RetryOn.rateLimited],
  ['retriable-4xx', RetryOn.retriable4xx],
  ['refused-stream', RetryOn.refusedStream],
  ['retriable-status-codes', RetryOn.statusCodes],
  ['retriable-headers', RetryOn.headers],
  ['cancelled', RetryOn.grpcCancelled],
  ['deadline-exceeded', RetryOn.grpcDeadlineExceeded],
  ['resource-exhausted', RetryOn.grpcResourceExhausted],
  ['internal', RetryOn.grpcInternal],
  ['unavailable', RetryOn.grpcUnavailable],
])

/** Statuses of gRPC (by number) whose repetition a word asks for. */
const GRPC: ReadonlyMap<string, number> = new Map<string, number>([
  ['1', RetryOn.grpcCancelled],
  ['4', RetryOn.grpcDeadlineExceeded],
  ['8', RetryOn.grpcResourceExhausted],
  ['13', RetryOn.grpcInternal],
  ['14', RetryOn.grpcUnavailable],
])

/** Words that mean nothing (also `http3-post-connect-failure`, as there is no HTTP/3) are passed over, as Envoy does. */
export function retryBits(words: readonly string[]): number {
  return words.reduce((bits, word) => bits | (WORDS.get(word.trim()) ?? 0), 0)
}

export function grpcStatusBit(status: string): number {
  return GRPC.get(status) ?? 0
}
