import type { HttpFault } from '@meshwork/config/kinds'
import { HTTPFault } from '@meshwork/protos/envoy/extensions/filters/http/fault/v3/fault'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { packAny } from '@meshwork/protos/any'
import { duration } from '../envoy/duration.ts'
import { fractionOf } from '../envoy/fraction.ts'
import { FAULT } from '../envoy/messages.ts'

/** Status codes of gRPC by name (grpc/grpc, doc/statuscodes.md). */
const GRPC_CODES: readonly string[] = [
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

/** The settings of Envoy's fault filter for one route. */
export function buildFault(fault: HttpFault): Any {
  const { delay, abort } = fault
  return packAny(
    FAULT,
    HTTPFault.fromPartial({
      ...(delay?.fixedDelayMs === undefined
        ? {}
        : {
            delay: {
              faultDelaySecifier: { $case: 'fixedDelay', value: duration(delay.fixedDelayMs) },
              percentage: fractionOf(delay.percent),
            },
          }),
      ...(abort === undefined ? {} : { abort: { errorType: errorType(abort), percentage: fractionOf(abort.percent) } }),
    }),
  )
}

type AbortError = { $case: 'httpStatus'; value: number } | { $case: 'grpcStatus'; value: number }

function errorType(abort: NonNullable<HttpFault['abort']>): AbortError {
  if (abort.grpcStatus === undefined) return { $case: 'httpStatus', value: abort.httpStatus ?? 0 }
  const byName = GRPC_CODES.indexOf(abort.grpcStatus.toUpperCase())
  return { $case: 'grpcStatus', value: byName >= 0 ? byName : Number(abort.grpcStatus) }
}
