import { API_CHECKS } from './api-checks.ts'
import { type Check, type CheckResult, runCheck } from './check.ts'
import { CLUSTER_CHECKS } from './cluster-checks.ts'
import type { ClusterView } from './cluster-view.ts'
import { CONTROL_PLANE_CHECKS } from './control-plane-checks.ts'
import { DATA_PLANE_CHECKS } from './data-plane-checks.ts'
import { IDENTITY_CHECKS } from './identity-checks.ts'
import { RIGHT_CHECKS } from './right-checks.ts'
import { WEBHOOK_CHECKS } from './webhook-checks.ts'

/** Every check, in the order in which it is printed. Adding one is a row in one of these tables and a broken view in checks.spec.ts. */
export const CHECKS: readonly Check[] = [
  ...API_CHECKS,
  ...RIGHT_CHECKS,
  ...CLUSTER_CHECKS,
  ...CONTROL_PLANE_CHECKS,
  ...WEBHOOK_CHECKS,
  ...IDENTITY_CHECKS,
  ...DATA_PLANE_CHECKS,
]

/** Runs what belongs to the phase. */
export function runChecks(view: ClusterView, phase: 'pre' | 'post'): readonly CheckResult[] {
  return CHECKS.filter(check => check.phase === 'both' || check.phase === phase).map(check => runCheck(check, view))
}
