/** Names and HTTP statuses of `google.rpc.Code`, by number (mixer.md 1.5). */
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

export const OK = 0
export const INVALID_ARGUMENT = 3
export const INTERNAL = 13

/** HTTP status for a policy verdict; unknown codes are 500. */
export function httpStatusOf(code: number): number {
  return CODES[code]?.[1] ?? 500
}

/** `NAME:message`, or `NAME` alone: what the caller of a refused request reads. */
export function describeStatus(code: number, message: string): string {
  const name = CODES[code]?.[0] ?? 'UNKNOWN'
  return message === '' ? name : `${name}:${message}`
}
