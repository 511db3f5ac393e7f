import type { Slot, StatScope } from '@meshwork/core/metrics'

/** Counters of the mixer filter (mixer.md 1.6, "statistics"). */
export class MixerStats {
  private readonly scope: StatScope
  private readonly totalCheck: Slot
  private readonly totalRemoteCheck: Slot
  private readonly totalBlockingRemoteCheck: Slot
  private readonly totalReport: Slot
  private readonly totalRemoteReport: Slot

  /** Names come out as `http_mixer_filter.total_check_calls` and so on. */
  constructor(scope: StatScope) {
    this.scope = scope
    this.totalCheck = scope.counter('total_check_calls')
    this.totalRemoteCheck = scope.counter('total_remote_check_calls')
    this.totalBlockingRemoteCheck = scope.counter('total_blocking_remote_check_calls')
    this.totalReport = scope.counter('total_report_calls')
    this.totalRemoteReport = scope.counter('total_remote_report_calls')
  }

  checkCalls(): void {
    this.scope.registry.add(this.totalCheck, 1)
  }

  /** Without quota prefetch every remote check blocks its request. */
  remoteCheckCalls(): void {
    this.scope.registry.add(this.totalRemoteCheck, 1)
    this.scope.registry.add(this.totalBlockingRemoteCheck, 1)
  }

  reportCalls(): void {
    this.scope.registry.add(this.totalReport, 1)
  }

  remoteReportCalls(): void {
    this.scope.registry.add(this.totalRemoteReport, 1)
  }
}
