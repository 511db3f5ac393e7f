import { status } from '@grpc/grpc-js'

/** Why a request gets no certificate, by who has to change something. */
export interface Refusal {
  readonly kind: 'unauthenticated' | 'permission-denied' | 'invalid-request' | 'internal'
  readonly message: string
}

const CODES: Readonly<Record<Refusal['kind'], status>> = {
  unauthenticated: status.UNAUTHENTICATED,
  'permission-denied': status.PERMISSION_DENIED,
  'invalid-request': status.INVALID_ARGUMENT,
  internal: status.INTERNAL,
}

/** As grpc-js wants errors of handlers. */
export function toStatus(refusal: Refusal): { code: status; details: string } {
  return { code: CODES[refusal.kind], details: refusal.message }
}
