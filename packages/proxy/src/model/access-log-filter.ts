import type { HeaderMatch } from './match.ts'

export type ComparisonOperator = 'equal' | 'at-least' | 'at-most' | 'not-equal'

/** `envoy.config.accesslog.v3.AccessLogFilter`: which requests a log line or a local reply's form is for. */
export type LogFilterConfig =
  | { readonly kind: 'status'; readonly operator: ComparisonOperator; readonly value: number }
  | { readonly kind: 'duration'; readonly operator: ComparisonOperator; readonly valueMs: number }
  | { readonly kind: 'not-health-check' }
  | { readonly kind: 'traceable' }
  | { readonly kind: 'share'; readonly perMillion: number; readonly independent: boolean }
  | { readonly kind: 'and'; readonly filters: readonly LogFilterConfig[] }
  | { readonly kind: 'or'; readonly filters: readonly LogFilterConfig[] }
  | { readonly kind: 'header'; readonly match: HeaderMatch }
  /** Bits of `ResponseFlag`; 0: any flag. */
  | { readonly kind: 'flags'; readonly mask: number }
  /** Decimal codes of `grpc-status`. */
  | { readonly kind: 'grpc-status'; readonly codes: readonly number[]; readonly exclude: boolean }
