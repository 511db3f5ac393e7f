import { grpcStatusName } from '@meshwork/core/grpc'

export const OK = 0
export const INVALID_ARGUMENT = 3
export const INTERNAL = 13

/** `NAME:message`, or `NAME` alone: what the caller of a refused request reads. */
export function describeStatus(code: number, message: string): string {
  const name = grpcStatusName(code) ?? 'UNKNOWN'
  return message === '' ? name : `${name}:${message}`
}
