import type { ObjectKey, ObjectMeta, Origin } from '../kinds/index.ts'
import type { AnalysisContext } from './context.ts'

export type Severity = 'error' | 'warning' | 'info'

/** Something that an analysis has to say about one place in the configuration. */
export interface Finding {
  /** Istio's code where Istio knows the matter (`IST0101`), ours otherwise (`MESH0001`). */
  readonly code: string
  /** The code in words: `ReferencedResourceNotFound`. */
  readonly name: string
  readonly severity: Severity
  readonly message: string
  /** Undefined for text that is no object. */
  readonly key: ObjectKey | undefined
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly path: string
  /** What to do about it. */
  readonly remedy: string
}

/** What a finding is about: an object that was parsed, or a document of a kind that nobody here parses. */
export interface Subject {
  readonly kind: string
  readonly meta: ObjectMeta
  readonly origin: Origin
}

/** What a rule has found; `analyze` adds code, file and line. */
export interface Draft {
  readonly object: Subject
  readonly path: string
  readonly message: string
  readonly remedy: string
}

/** One thing to look for. `check` is pure; the table of all rules is `analysis/rules.ts`. Several rules may share a code. */
export interface Rule {
  readonly code: string
  readonly name: string
  readonly severity: Severity
  /** What a finding of this code means, for the list of codes. */
  readonly summary: string
  readonly check: (context: AnalysisContext) => Iterable<Draft>
}
