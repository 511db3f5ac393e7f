import type { LogFilterConfig } from './access-log-filter.ts'
import type { SubstitutionFormat } from './substitution-format.ts'

/** One sink of access-log lines. */
export interface AccessLogConfig {
  /** null: every request. */
  readonly filter: LogFilterConfig | null
  readonly sink: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string }
  readonly format: SubstitutionFormat
}
