/** How a recorded case went. `detail` says what was wrong. */
export interface CaseResult {
  readonly name: string
  readonly passed: boolean
  readonly detail?: string
  /** Number of the decision record by which the case differs on purpose; then it counts neither as passed nor as failed. */
  readonly decision?: string
  /** Acceptance rows of the specification that this case proves, as `traffic-7`. */
  readonly rows?: readonly string[]
}

export interface SuiteOptions {
  /** Only cases whose name contains one of these texts, separated by commas. */
  readonly only: string | undefined
  /** `meshwork`, `envoy` or `both`; for suites that run traffic. */
  readonly dataplane: string
}

/** Runs the recorded cases of one folder. Every recorded case gives at least one result; nothing is skipped. */
export interface ConformanceSuite {
  run(dir: string, options: SuiteOptions): AsyncIterable<CaseResult>
}

/** Whether a case is selected by `only`. */
export function selected(name: string, options: SuiteOptions): boolean {
  if (options.only === undefined || options.only === '') return true
  return options.only.split(',').some(part => part !== '' && name.includes(part))
}
