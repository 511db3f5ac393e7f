import type { CheckRequest, CheckResponse } from '@meshwork/protos/istio/mixer/v1/check'
import type { ReportRequest } from '@meshwork/protos/istio/mixer/v1/report'

/** Why a call failed: a gRPC status. */
export interface CallFailure {
  readonly code: number
  readonly message: string
}

/** A call under way. */
export interface PendingCall {
  cancel(): void
}

/** The wire to Mixer: the control-plane channel, never the path of requests. */
export interface MixerTransport {
  check(request: CheckRequest, done: (failure: CallFailure | null, response: CheckResponse | null) => void): PendingCall
  report(request: ReportRequest, done: (failure: CallFailure | null) => void): void
  close(): void
}
