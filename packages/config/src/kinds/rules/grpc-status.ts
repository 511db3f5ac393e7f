/** Names of `google.rpc.Code`, at the index of their number. */
const NAMES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** The number of a status given by name (`UNAVAILABLE`) or as a number (`14`). */
export function grpcStatusNumber(text: string): number | undefined {
  const index = /^\d{1,2}$/.test(text) ? Number(text) : NAMES.indexOf(text.toUpperCase())
  return NAMES[index] === undefined ? undefined : index
}

export function isGrpcStatus(text: string): boolean {
  return grpcStatusNumber(text) !== undefined
}
