import type { CheckResult } from '../../check/check.ts'
import type { Style } from '../../output/style.ts'

export interface CheckReport {
  readonly phase: 'pre' | 'post'
  readonly namespace: string
  readonly revision: string
  readonly server: string
  readonly kubernetes: string
  readonly summary: CheckSummary
  readonly checks: readonly CheckResult[]
}

/** How many checks ended how. */
export type CheckSummary = Readonly<Record<CheckResult['outcome'], number>>

export function summaryOf(checks: readonly CheckResult[]): CheckSummary {
  const count = (outcome: CheckResult['outcome']): number => checks.filter(each => each.outcome === outcome).length
  return { ok: count('ok'), warning: count('warning'), error: count('error'), skipped: count('skipped') }
}

/** Groups with a line for each check; what is wrong follows its line, with what to do. */
export function checkText({ checks, server, kubernetes, summary }: CheckReport, style: Style): string {
  const groups = [...new Set(checks.map(({ group }) => group))]
  const parts = groups.map(group => {
    const lines = checks.filter(check => check.group === group).map(check => checkLines(check, style))
    return `${style.bold(group)}\n${lines.join('')}`
  })
  return `${parts.join('\n')}\n${verdict(summary, style)} ${server}${kubernetes === '' ? '' : ` (Kubernetes ${kubernetes})`}\n`
}

function checkLines(check: CheckResult, style: Style): string {
  const { title, code, problems, reason, remedy, outcome } = check
  if (outcome === 'ok') return `  ${style.good('✔')} ${title}\n`
  if (outcome === 'skipped') return style.dim(`  - ${title}: skipped, ${problems.join('; ')}\n`)
  const mark = outcome === 'error' ? style.bad('✘') : style.warn('‼')
  const details = problems.map(problem => `      ${problem}\n`).join('')
  return `  ${mark} ${title} ${style.dim(`[${code}]`)}\n${details}      why: ${reason}\n      do:  ${remedy}\n`
}

function verdict({ ok, warning, error, skipped }: CheckSummary, style: Style): string {
  const counts = [`${ok} right`, `${warning} warnings`, `${error} wrong`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', ')
  if (error > 0) return `${style.bad('✘')} ${counts}:`
  return warning > 0 ? `${style.warn('‼')} ${counts}:` : `${style.good('✔')} ${counts}:`
}
