import { formatViolation } from '@meshwork/core/result'
import type { Condition } from '@meshwork/kube/status'
import type { ObjectStatus } from '../status/index.ts'

/** Conditions that pilot writes; it removes `Rejected` when that is over. */
export const OWN_CONDITIONS: ReadonlySet<string> = new Set(['Accepted', 'Programmed', 'Rejected'])

/** What became of an object, as conditions: whether it is valid, whether proxies run it, and who refuses it in which words. */
export function statusConditions(status: ObjectStatus): readonly Condition[] {
  const accepted = acceptedOf(status)
  const programmed = programmedOf(status)
  if (status.state !== 'Rejected') return [accepted, programmed]
  const reason = status.violations.length > 0 ? 'Invalid' : 'RefusedByProxy'
  return [accepted, programmed, { type: 'Rejected', status: 'True', reason, message: status.sentence }]
}

function acceptedOf({ violations, warnings, sentence }: ObjectStatus): Condition {
  if (violations.length > 0) return { type: 'Accepted', status: 'False', reason: 'Invalid', message: sentence }
  const message = warnings.length === 0 ? 'valid' : `valid, but: ${warnings.map(formatViolation).join('; ')}`
  return { type: 'Accepted', status: 'True', reason: warnings.length === 0 ? 'Valid' : 'ValidWithWarnings', message }
}

function programmedOf({ state, sentence, violations, programmed: { on, of } }: ObjectStatus): Condition {
  const type = 'Programmed'
  if (state === 'Rejected') {
    const count = violations.length > 0 ? '' : `; programmed on ${on} of ${of} proxies`
    return { type, status: 'False', reason: violations.length > 0 ? 'Invalid' : 'RefusedByProxy', message: sentence + count }
  }
  if (state === 'Accepted') return { type, status: 'Unknown', reason: 'NotNeeded', message: sentence }
  return { type, status: state === 'Programmed' ? 'True' : 'False', reason: state, message: sentence }
}
