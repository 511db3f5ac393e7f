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
      ...(errorOf(abort) === undefined ? {} : { abort: { errorType: errorOf(abort), percentage: fractionOf(abort?.percent ?? 0) } }),
      disableDownstreamClusterStats: true,
    }),
  )
}

type AbortError = { $case: 'httpStatus'; value: number } | { $case: 'grpcStatus'; value: number }

/** undefined: the abort names no status, so nothing is aborted. */
function errorOf(abort: HttpFault['abort']): AbortError | undefined {
  if (abort?.grpcStatus !== undefined) {
    // Validation refuses a word that is no status.
    return { $case: 'grpcStatus', value: grpcStatusNumber(abort.grpcStatus) ?? UNKNOWN }
  }
  return abort?.httpStatus === undefined ? undefined : { $case: 'httpStatus', value: abort.httpStatus }
}
