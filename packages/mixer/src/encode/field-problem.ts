import { violation, type Violation } from '@meshwork/core/result'

/** Stops the compilation of one message; `compile…` functions turn it into a violation. */
export class FieldProblem extends Error {
  readonly violation: Violation

  constructor(path: string, code: string, message: string) {
    super(message)
    this.violation = violation(path, code, message)
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
