/**
 * What one check found. `unfit`: the host answered and is not well, which counts at once; `retriable`: it counts towards
 * the threshold only; `network`: there was no answer.
 */
export type CheckResult = 'fit' | 'degraded' | 'unfit' | 'retriable' | 'network' | 'timeout'

/** Told once how a check ended, maybe within `start`; not after `cancel`. */
export interface CheckerOwner {
  /** The host asks for no further traffic (`x-envoy-immediate-health-check-fail`); the result follows. */
  onExcluded(): void
  onChecked(result: CheckResult): void
}

/** Checks one host, one check at a time. */
export interface Checker {
  start(): void
  /** The check under way is given up. */
  cancel(): void
  /** Gives up what is under way and closes what is kept. */
  close(): void
}
