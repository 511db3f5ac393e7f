import type { Citation } from '../trace/step.ts'

/** One thing that is to be known about a workload or service. */
export interface Fact {
  readonly text: string
  readonly at: Citation | undefined
  /** Facts about this fact. */
  readonly details: readonly string[]
  /** Something is wrong here. */
  readonly warning: boolean
}

export interface Section {
  readonly title: string
  readonly facts: readonly Fact[]
}

export function fact(text: string, at?: Citation, details: readonly string[] = []): Fact {
  return { text, at, details, warning: false }
}

export function warning(text: string, at?: Citation): Fact {
  return { text, at, details: [], warning: true }
}
