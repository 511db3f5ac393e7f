import type { LogFilterConfig } from './access-log-filter.ts'

/** One sink of access-log lines. */
export interface AccessLogConfig {
  /** null: every request. */
  readonly filter: LogFilterConfig | null
  readonly sink: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string }
  readonly format:
    | { readonly kind: 'text'; readonly template: string }
    | { readonly kind: 'json'; readonly fields: Readonly<Record<string, string>> }
}
