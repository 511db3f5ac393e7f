/** Names of `google.rpc.Code`, and the HTTP status that stands for each where gRPC is not spoken, at the index of its number. */
const CODES: readonly (readonly [name: string, http: number])[] = [
  ['OK', 200],
  ['CANCELLED', 499],
  ['UNKNOWN', 500],
  ['INVALID_ARGUMENT', 400],
  ['DEADLINE_EXCEEDED', 504],
  ['NOT_FOUND', 404],
  ['ALREADY_EXISTS', 409],
  ['PERMISSION_DENIED', 403],
  ['RESOURCE_EXHAUSTED', 429],
  ['FAILED_PRECONDITION', 400],
  ['ABORTED', 409],
  ['OUT_OF_RANGE', 400],
  ['UNIMPLEMENTED', 501],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DATA_LOSS', 500],
  ['UNAUTHENTICATED', 401],
]

/** `NOT_FOUND` for 5; undefined: there is no such code. */
export function grpcStatusName(code: number): string | undefined {
  return CODES[code]?.[0]
}

/** The number of a status given by name in any case (`UNAVAILABLE`) or as a number (`14`). */
export function grpcStatusNumber(text: string): number | undefined {
  const upper = text.toUpperCase()
  const index = /^\d{1,2}$/.test(text) ? Number(text) : CODES.findIndex(([name]) => name === upper)
  return CODES[index] === undefined ? undefined : index
}

/** 500 for what is no code. */
export function grpcToHttpStatus(code: number): number {
  return CODES[code]?.[1] ?? 500
}
