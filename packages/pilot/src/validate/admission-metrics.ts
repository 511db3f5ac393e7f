import { KINDS } from '@meshwork/config/kinds'
import { Counter, type Registry } from 'prom-client'
import type { AdmissionRequest } from './admission-review.ts'
import type { Verdict } from './judge.ts'

interface KindLabels {
  readonly group: string
  readonly version: string
  readonly resource: string
}

/** Labels come from what callers write: only kinds that exist get a series of their own. */
const OTHER: KindLabels = { group: 'other', version: 'other', resource: 'other' }
const LABELS_BY_KIND: ReadonlyMap<string, KindLabels> = new Map(
  KINDS.flatMap(({ kind, plural, apiVersions }) => apiVersions.map(apiVersion => [`${apiVersion} ${kind}`, labelsOf(apiVersion, plural)])),
)

/** Verdicts in numbers, under the names that they have at Istio since its Galley (traffic.md 4.7). */
export class AdmissionMetrics {
  private readonly passed: Counter
  private readonly failed: Counter
  private readonly httpErrors: Counter

  constructor(registry: Registry) {
    const registers = [registry]
    const labelNames = ['group', 'version', 'resource']
    this.passed = new Counter({ name: 'galley_validation_passed', help: 'Changes that validation let pass.', labelNames, registers })
    this.failed = new Counter({
      name: 'galley_validation_failed',
      help: 'Changes that validation refused, by reason.',
      labelNames: [...labelNames, 'reason'],
      registers,
    })
    this.httpErrors = new Counter({
      name: 'galley_validation_http_error',
      help: 'Requests that are no reviews, by the status of the answer.',
      labelNames: ['status'],
      registers,
    })
  }

  judged({ object }: AdmissionRequest, verdict: Verdict): void {
    const labels = LABELS_BY_KIND.get(`${String(object?.['apiVersion'])} ${String(object?.['kind'])}`) ?? OTHER
    if (verdict.kind === 'refused') this.failed.inc({ ...labels, reason: verdict.reason })
    else this.passed.inc({ ...labels })
  }

  httpError(status: number): void {
    this.httpErrors.inc({ status })
  }
}

function labelsOf(apiVersion: string, resource: string): KindLabels {
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), resource }
}
