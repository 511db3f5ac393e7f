import type { RbacSubject } from './compile.ts'

/** What rules say about a request or a connection. Made with the rules, not per request. */
export interface RbacDecision {
  readonly allowed: boolean
  /** The policy or action that has decided; null: none matched. */
  readonly policy: string | null
  /** What access logs are told (`access_log_hint`); null: nothing. */
  readonly logHint: boolean | null
}

/** Rules in either of their forms. */
export interface RbacDecider {
  decide(subject: RbacSubject): RbacDecision
}
