import type { HttpFault } from '@meshwork/config/kinds'
import { grpcStatusNumber } from '@meshwork/core/grpc'
import { HTTPFault } from '@meshwork/protos/envoy/extensions/filters/http/fault/v3/fault'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { packAny } from '@meshwork/protos/any'
import { duration } from '../envoy/duration.ts'
import { fractionOf } from '../envoy/fraction.ts'
import { FAULT } from '../envoy/messages.ts'

/** `google.rpc.Code.UNKNOWN`. */
const UNKNOWN = 2

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
  // Validation refuses a word that is no status.
  return { $case: 'grpcStatus', value: grpcStatusNumber(abort.grpcStatus) ?? UNKNOWN }
}
