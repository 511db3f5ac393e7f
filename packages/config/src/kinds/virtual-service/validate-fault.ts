import { violation, type Violation } from '@meshwork/core/result'
import { checkDuration } from '../rules/duration.ts'
import { grpcStatusNumber } from '@meshwork/core/grpc'
import type { HttpFault } from './type.ts'

/** The smallest share that the data plane can express: one in a million. */
const SMALLEST_SHARE = 0.0001

export function validateFault(path: string, fault: HttpFault): readonly Violation[] {
  const { delay, abort } = fault
  if (delay === undefined && abort === undefined) return [violation(path, 'empty-fault', 'must have a delay or an abort')]
  const violations: Violation[] = []
  if (delay !== undefined) {
    violations.push(...checkShare(`${path}.delay.percentage.value`, delay.percent))
    violations.push(...checkDuration(`${path}.delay.fixedDelay`, delay.fixedDelayMs))
  }
  if (abort !== undefined) {
    violations.push(...checkShare(`${path}.abort.percentage.value`, abort.percent))
    violations.push(...checkStatus(`${path}.abort.httpStatus`, abort.httpStatus))
    if (abort.grpcStatus !== undefined && (/^\d/.test(abort.grpcStatus) || grpcStatusNumber(abort.grpcStatus) === undefined)) {
      violations.push(
        violation(
          `${path}.abort.grpcStatus`,
          'bad-status',
          `'${abort.grpcStatus}' is not the name of a gRPC status`,
          "as in 'UNAVAILABLE'",
        ),
      )
    }
  }
  return violations
}

function checkShare(path: string, percent: number): readonly Violation[] {
  if (percent === 0 || (percent >= SMALLEST_SHARE && percent <= 100)) return []
  return [violation(path, 'bad-percentage', `${percent} is neither 0 nor from ${SMALLEST_SHARE} to 100`)]
}

function checkStatus(path: string, status: number | undefined): readonly Violation[] {
  if (status === undefined || (status >= 200 && status <= 599)) return []
  return [violation(path, 'bad-status', `${status} is not a status from 200 to 599`)]
}
