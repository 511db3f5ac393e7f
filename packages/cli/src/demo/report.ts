/** What `--once` observed. `held` of every finding decides the exit code. */
export interface DemoReport {
  readonly findings: readonly Finding[]
  readonly requests: readonly ServiceCount[]
  readonly identities: readonly HopIdentity[]
  readonly split: readonly VersionShare[]
  readonly denied: DeniedRequest
  readonly change: LiveChange
}

export interface Finding {
  readonly what: string
  readonly held: boolean
  readonly detail: string
}

export interface ServiceCount {
  readonly workload: string
  /** From the statistics of its sidecar. */
  readonly counted: number
  /** From the answers that visitors got. */
  readonly expected: number
}

export interface HopIdentity {
  readonly service: string
  readonly expected: string
  /** All that were seen in the calls to this service; `plain text` for a call without a certificate. */
  readonly seen: readonly string[]
}

export interface VersionShare {
  readonly version: string
  readonly configuredPercent: number
  readonly measuredPercent: number
  readonly requests: number
}

export interface DeniedRequest {
  readonly status: number
  readonly message: string
}

export interface LiveChange {
  readonly requests: number
  readonly failed: number
  /** From the save of the file until no answer followed the old rule any more. */
  readonly effectiveAfterMs: number
}
