import type { ClusterView, ListName } from './cluster-view.ts'

/** Before an installation, after one, or both. */
export type Phase = 'pre' | 'post' | 'both'

/** One line of `meshctl check`: a pure question to the view. */
export interface Check {
  /** As printed and as JSON has it; never changes its meaning once released. */
  readonly name: string
  readonly group: string
  /** Stable, for documents and scripts. */
  readonly code: string
  readonly phase: Phase
  /** `warning`: the mesh works, and this will hurt. */
  readonly level: 'error' | 'warning'
  /** What is right when it holds, in one line. */
  readonly title: string
  /** What a failure means for the user. */
  readonly reason: string
  /** What to do about it. */
  readonly remedy: string
  readonly needs: readonly ListName[]
  /** What is wrong, each with its place; empty when all is well. */
  readonly run: (view: ClusterView) => readonly string[]
}

export interface CheckResult {
  readonly name: string
  readonly group: string
  readonly code: string
  readonly title: string
  readonly outcome: 'ok' | 'warning' | 'error' | 'skipped'
  /** At most `MOST_PROBLEMS`; for what was skipped the reason. */
  readonly problems: readonly string[]
  readonly reason: string
  readonly remedy: string
}

/** A namespace with a thousand broken pods needs not a thousand lines. */
export const MOST_PROBLEMS = 10

/** Runs one check on a view. */
export function runCheck(check: Check, view: ClusterView): CheckResult {
  const { name, group, code, title, reason, remedy } = check
  const row = { name, group, code, title, reason, remedy }
  if (view.api.problem !== undefined && check.name !== 'api-reachable')
    return { ...row, outcome: 'skipped', problems: ['the cluster does not answer'] }
  const missing = check.needs.find(list => view.unreadable.has(list))
  if (missing !== undefined) return { ...row, outcome: 'skipped', problems: [`${missing}: ${view.unreadable.get(missing) ?? ''}`] }
  const problems = check.run(view)
  if (problems.length === 0) return { ...row, outcome: 'ok', problems }
  return { ...row, outcome: check.level, problems: shortened(problems) }
}

function shortened(problems: readonly string[]): readonly string[] {
  const rest = problems.length - MOST_PROBLEMS
  return rest <= 0 ? problems : [...problems.slice(0, MOST_PROBLEMS), `and ${rest} more`]
}
