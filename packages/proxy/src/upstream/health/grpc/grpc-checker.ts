import type { CheckHeader, GrpcCheckConfig } from '../../../model/health-check.ts'
import { type CheckAnswer, CheckCall, type CheckCallOwner } from '../check-call.ts'
import { checkRequest } from '../check-request.ts'
import type { CheckTarget } from '../check-target.ts'
import type { Checker, CheckerOwner } from '../checker.ts'
import { isServing, questionFor } from './health-message.ts'

const METHOD_PATH = '/grpc.health.v1.Health/Check'

const FIXED: readonly CheckHeader[] = [
  { name: 'te', value: 'trailers', append: true },
  { name: 'content-type', value: 'application/grpc', append: true },
]

/** `HealthCheck.GrpcHealthCheck`: asks the host's `grpc.health.v1.Health` service; only SERVING is well. */
export class GrpcChecker implements Checker, CheckCallOwner {
  private readonly owner: CheckerOwner
  private readonly call: CheckCall

  constructor({ authority, headers, serviceName }: GrpcCheckConfig, target: CheckTarget, owner: CheckerOwner) {
    this.owner = owner
    const head = checkRequest(target, 'POST', METHOD_PATH, authority, FIXED, headers, [])
    this.call = new CheckCall(target, head, questionFor(serviceName), this)
  }

  start(): void {
    this.call.start()
  }

  cancel(): void {
    this.call.cancel()
  }

  close(): void {
    this.call.close()
  }

  onAnswer({ status, headers, body, trailers }: CheckAnswer): void {
    const grpcStatus = (trailers ?? headers).get('grpc-status')
    this.owner.onChecked(status === 200 && grpcStatus === '0' && isServing(body) ? 'fit' : 'unfit')
  }

  onNoAnswer(): void {
    this.owner.onChecked('network')
  }
}
