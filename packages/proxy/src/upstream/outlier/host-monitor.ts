import type { OutlierConfig } from '../../model/outlier.ts'
import type { Host } from '../host.ts'
import { HostFlag } from '../hosts/host-flag.ts'
import type { OutlierKind } from './outlier-stats.ts'
import { SuccessWindow } from './success-window.ts'

/** Decides what becomes of a host that stands out. */
export interface OutlierJudge {
  onConsecutive(monitor: HostMonitor, kind: OutlierKind): void
  readmit(monitor: HostMonitor): void
}

const GATEWAY_TIMEOUT = 504
const SERVICE_UNAVAILABLE = 503
const OK = 200

/** What is remembered of the attempts at one host. Told of each by the data path. */
export class HostMonitor {
  readonly host: Host
  /** Answers of the host; with them, unless they are split, failures to reach it. */
  readonly answers: SuccessWindow = new SuccessWindow()
  /** Attempts to reach it; only counted when split. */
  readonly reaches: SuccessWindow = new SuccessWindow()
  /** By how many times the base time it is ejected next; shrinks while it behaves. */
  backoff = 0
  /** Monotonic milliseconds; what is added to the time of this ejection; when it returned last, -1: never. */
  ejectedAtMs = 0
  jitterMs = 0
  returnedAtMs = -1
  private readonly config: OutlierConfig
  private readonly judge: OutlierJudge
  private errors = 0
  private gatewayErrors = 0
  private localFailures = 0

  constructor(host: Host, config: OutlierConfig, judge: OutlierJudge) {
    this.host = host
    this.config = config
    this.judge = judge
  }

  get ejected(): boolean {
    return this.host.has(HostFlag.failedOutlierCheck)
  }

  /** The host gave this HTTP status. */
  answered(status: number): void {
    const failed = status >= 500 && status < 600
    this.answers.count(!failed)
    if (!failed) {
      this.errors = 0
      this.gatewayErrors = 0
      return
    }
    if (status < 502 || status > 504) this.gatewayErrors = 0
    else if (++this.gatewayErrors === this.config.consecutiveGatewayFailure) this.stoodOut('consecutive_gateway_failure')
    if (++this.errors === this.config.consecutive5xx) this.stoodOut('consecutive_5xx')
  }

  /** A connection to it is there, and an answer will follow that is told for itself. */
  connected(): void {
    if (!this.config.splitLocalOrigin) return
    this.reaches.count(true)
    this.localFailures = 0
  }

  /** A connection is all that is asked of it. */
  served(): void {
    if (this.config.splitLocalOrigin) this.connected()
    else this.answered(OK)
  }

  /** No connection came about, or it broke before the answer was complete. */
  unreachable(): void {
    this.failedHere(SERVICE_UNAVAILABLE)
  }

  timedOut(): void {
    this.failedHere(GATEWAY_TIMEOUT)
  }

  /** An active check went well: may end an ejection (`successful_active_health_check_uneject_host`). */
  checkPassed(): void {
    if (this.config.unejectOnSuccessfulCheck && this.ejected) this.judge.readmit(this)
  }

  resetCounts(): void {
    this.errors = 0
    this.gatewayErrors = 0
    this.localFailures = 0
  }

  private failedHere(status: number): void {
    if (!this.config.splitLocalOrigin) {
      this.answered(status)
      return
    }
    this.reaches.count(false)
    if (++this.localFailures === this.config.consecutiveLocalOriginFailure) this.stoodOut('consecutive_local_origin_failure')
  }

  /** Counting starts again, so that a host that may stay can stand out again. One that is ejected starts when it returns. */
  private stoodOut(kind: OutlierKind): void {
    if (this.ejected) return
    this.judge.onConsecutive(this, kind)
    if (kind === 'consecutive_5xx') this.errors = 0
    else if (kind === 'consecutive_gateway_failure') this.gatewayErrors = 0
    else this.localFailures = 0
  }
}
