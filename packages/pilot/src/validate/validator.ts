import type { Finding } from '@meshwork/config/analysis'
import { type ConfigObject } from '@meshwork/config/kinds'
import { formatViolation, type Violation } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { repair } from '../repair/index.ts'
import { adviseAlone, adviseInMesh, type KnownMesh } from './advice.ts'
import { AdviceBudget } from './advice-budget.ts'
import type { AdmissionRequest, AdmissionResponse } from './admission-review.ts'
import { judge, type Verdict } from './judge.ts'

export interface ValidatorOptions {
  /** The configuration in force, asked for at each review. */
  readonly mesh: () => KnownMesh
  readonly clock: Clock
}

export interface Reviewed {
  readonly verdict: Verdict
  readonly response: AdmissionResponse
}

/** Meshes above this are analysed by `meshctl analyze` only: it takes the one thread that serves proxies. */
const MOST_OBJECTS = 5000
/** More than anybody reads in a terminal; API servers take 4,096 characters of warnings. */
const MOST_WARNINGS = 20
const MOST_CAUSES = 20
/** Kubernetes' status code and reason for an object that breaks rules. */
const UNPROCESSABLE = 422

/** Answers reviews: errors of validation refuse, advice of the analysis comes along as warnings. Changes nothing but its budget. */
export class Validator {
  private readonly mesh: () => KnownMesh
  private readonly budget: AdviceBudget

  constructor({ mesh, clock }: ValidatorOptions) {
    this.mesh = mesh
    this.budget = new AdviceBudget(clock)
  }

  review(request: AdmissionRequest): Reviewed {
    const verdict = judge(request)
    return { verdict, response: this.answer(request, verdict) }
  }

  private answer(request: AdmissionRequest, verdict: Verdict): AdmissionResponse {
    const { uid } = request
    switch (verdict.kind) {
      case 'passed':
        return { uid, allowed: true }
      case 'unread':
        return { uid, allowed: true, ...warned(verdict.violations.map(each => `the mesh does not read it: ${formatViolation(each)}`)) }
      case 'accepted':
        return { uid, allowed: true, ...warned(this.warningsOf(verdict.object)) }
      case 'refused':
        return { uid, allowed: false, status: statusOf(request, verdict.violations) }
    }
  }

  private warningsOf(object: ConfigObject): readonly string[] {
    return [...repair(object).findings.map(formatViolation), ...this.adviceOn(object).map(findingText)]
  }

  private adviceOn(object: ConfigObject): readonly Finding[] {
    const mesh = this.mesh()
    if (mesh.objects.size > MOST_OBJECTS) return adviseAlone(object)
    return this.budget.spend(() => adviseInMesh(object, mesh)) ?? adviseAlone(object)
  }
}

function warned(warnings: readonly string[]): Pick<AdmissionResponse, 'warnings'> {
  if (warnings.length === 0) return {}
  const more = warnings.length - MOST_WARNINGS
  return { warnings: more <= 0 ? warnings : [...warnings.slice(0, MOST_WARNINGS), `and ${more} more: see 'meshctl analyze'`] }
}

/** `IST0101 spec.gateways[0]: … (remedy)`. */
function findingText({ code, path, message, remedy }: Finding): string {
  const place = path === '' || message.startsWith(path) ? '' : `${path}: `
  return `${code} ${place}${message} (${remedy})`
}

/** The `Status` that clients of the API server show: kubectl lists its causes. */
function statusOf({ object, name }: AdmissionRequest, violations: readonly Violation[]): NonNullable<AdmissionResponse['status']> {
  const shown = violations.slice(0, MOST_CAUSES)
  const more = violations.length - shown.length
  const message = [...shown.map(formatViolation), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
  return {
    status: 'Failure',
    code: UNPROCESSABLE,
    reason: 'Invalid',
    message: `configuration is invalid: ${message}`,
    details: {
      kind: object?.['kind'],
      name,
      causes: shown.map(({ path, code, message: reason, hint }) => ({
        reason: code,
        field: path,
        message: hint === undefined ? reason : `${reason} (${hint})`,
      })),
    },
  }
}
