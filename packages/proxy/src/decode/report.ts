import { joinPath, type Violation, violation } from '@meshwork/core/result'
import { MAX_REGEX_SIZE_OF_ALL } from './resource-limits.ts'

/** Collects every violation of one resource. `at` gives a view of the same list that writes deeper paths. */
export class Report {
  /** Shared by all views. */
  readonly violations: Violation[]
  private readonly parent: Report | null
  private readonly root: Report
  private readonly segments: readonly (string | number)[]
  /** Of the root: what the resource's regular expressions compile to so far. */
  private regexSize = 0

  constructor(
    violations: Violation[] = [],
    path: string = '',
    parent: Report | null = null,
    segments: readonly (string | number)[] = [path],
  ) {
    this.violations = violations
    this.parent = parent
    this.root = parent?.root ?? this
    this.segments = segments
  }

  /** Joined when it is asked for: of many thousand views, few have anything to report. */
  get path(): string {
    return this.segments.reduce<string>(joinPath, this.parent?.path ?? '')
  }

  at(...segments: readonly (string | number)[]): Report {
    return new Report(this.violations, '', this, segments)
  }

  /** Counts one more regular expression of the resource. False: it may not have it. */
  spendRegex(size: number): boolean {
    this.root.regexSize += size
    return this.root.regexSize <= MAX_REGEX_SIZE_OF_ALL
  }

  refuse(code: string, message: string): void {
    this.violations.push(violation(this.path, code, message))
  }

  include(violations: readonly Violation[]): void {
    this.violations.push(...violations)
  }
}
