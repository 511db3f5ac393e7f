import { joinPath, type Violation, violation } from '@meshwork/core/result'

/** Collects every violation of one resource. `at` gives a view of the same list that writes deeper paths. */
export class Report {
  /** Shared by all views. */
  readonly violations: Violation[]
  readonly path: string

  constructor(violations: Violation[] = [], path: string = '') {
    this.violations = violations
    this.path = path
  }

  at(...segments: readonly (string | number)[]): Report {
    return new Report(this.violations, segments.reduce<string>(joinPath, this.path))
  }

  refuse(code: string, message: string): void {
    this.violations.push(violation(this.path, code, message))
  }

  include(violations: readonly Violation[]): void {
    this.violations.push(...violations)
  }
}
