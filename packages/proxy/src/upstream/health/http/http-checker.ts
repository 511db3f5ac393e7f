import type { HttpCheckConfig, StatusRange } from '../../../model/health-check.ts'
import { compileStringMatch, type Predicate } from '../../../route/match-string.ts'
import { type CheckAnswer, CheckCall, type CheckCallOwner } from '../check-call.ts'
import { checkRequest } from '../check-request.ts'
import type { CheckTarget } from '../check-target.ts'
import type { Checker, CheckerOwner, CheckResult } from '../checker.ts'
import { holdsInOrder } from '../payload-match.ts'

const NO_BODY = Buffer.alloc(0)

/** `HealthCheck.HttpHealthCheck`: a request whose status, and maybe whose body, says how the host is. */
export class HttpChecker implements Checker, CheckCallOwner {
  private readonly config: HttpCheckConfig
  private readonly owner: CheckerOwner
  private readonly call: CheckCall
  private readonly isService: Predicate | null

  constructor(config: HttpCheckConfig, target: CheckTarget, owner: CheckerOwner) {
    this.config = config
    this.owner = owner
    this.isService = config.serviceName === undefined || config.serviceName === null ? null : compileStringMatch(config.serviceName)
    const head = checkRequest(target, config.method, config.path, config.host, [], config.headers, config.removeHeaders)
    this.call = new CheckCall(target, head, NO_BODY, this)
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

  onAnswer(answer: CheckAnswer): void {
    if (answer.headers.has('x-envoy-immediate-health-check-fail')) this.owner.onExcluded()
    this.owner.onChecked(this.judge(answer))
  }

  onNoAnswer(): void {
    this.owner.onChecked('network')
  }

  private judge({ status, headers, body }: CheckAnswer): CheckResult {
    const { expected, retriable, receive } = this.config
    // A status in both ranges is expected (HttpHealthCheck.retriable_statuses).
    if (!isIn(status, expected)) return isIn(status, retriable) ? 'retriable' : 'unfit'
    if (!holdsInOrder(body, receive)) return 'unfit'
    if (this.isService?.(headers.get('x-envoy-upstream-healthchecked-cluster') ?? '') === false) return 'unfit'
    return headers.has('x-envoy-degraded') ? 'degraded' : 'fit'
  }
}

function isIn(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(({ start, end }) => status >= start && status < end)
}
