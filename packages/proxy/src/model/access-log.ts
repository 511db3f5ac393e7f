/** One sink of access-log lines. */
export interface AccessLogConfig {
  readonly sink: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string }
  readonly format:
    | { readonly kind: 'text'; readonly template: string }
    | { readonly kind: 'json'; readonly fields: Readonly<Record<string, string>> }
}
