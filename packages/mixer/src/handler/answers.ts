import { nanosOf } from '@meshwork/core/attributes'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import { CheckResult } from '@meshwork/protos/istio/mixer/adapter/model/v1beta1/check'
import { QuotaResult } from '@meshwork/protos/istio/mixer/adapter/model/v1beta1/quota'

/** What one adapter says to one instance of a check. */
export interface CheckAnswer {
  /** `google.rpc.Code`; 0 lets the request pass. */
  readonly code: number
  readonly message: string
  readonly validNanos: bigint
  readonly validUseCount: number
}

export interface QuotaAnswer {
  readonly grantedAmount: bigint
  readonly validNanos: bigint
}

function decoded<T>(decode: () => T): Result<T, string> {
  try {
    return ok(decode())
  } catch (error) {
    return err(`answer cannot be decoded: ${messageOf(error)}`)
  }
}

export function decodeCheckAnswer(bytes: Uint8Array): Result<CheckAnswer, string> {
  const result = decoded(() => CheckResult.decode(bytes))
  if (result.kind === 'err') return result
  const { status, validDuration, validUseCount } = result.value
  const validNanos = validDuration === undefined ? 0n : nanosOf(validDuration)
  return ok({ code: status?.code ?? 0, message: status?.message ?? '', validNanos, validUseCount })
}

/** The answer must name the instance that was asked about (mixer.md 7.3). */
export function decodeQuotaAnswer(bytes: Uint8Array, instanceName: string): Result<QuotaAnswer, string> {
  const result = decoded(() => QuotaResult.decode(bytes))
  if (result.kind === 'err') return result
  const answer = result.value.quotas[instanceName]
  if (answer === undefined) return err(`answer lacks quota '${instanceName}'`)
  return ok({ grantedAmount: answer.grantedAmount, validNanos: answer.validDuration === undefined ? 0n : nanosOf(answer.validDuration) })
}
