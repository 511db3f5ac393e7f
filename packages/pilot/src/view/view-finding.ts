import type { Origin } from '@meshwork/config/kinds'
import { formatViolation, type Violation } from '@meshwork/core/result'

/** Something that is left out of one view, for the owner of the object that asked for it. */
export interface ViewFinding {
  /** The object's place. */
  readonly origin: Origin
  /** `path` from the root of the object. */
  readonly violation: Violation
}

/** `file:line: path: message`, equal for equal findings. */
export function findingText({ origin, violation }: ViewFinding): string {
  return `${origin.file}:${origin.line}: ${formatViolation(violation)}`
}
