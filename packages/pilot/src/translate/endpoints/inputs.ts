import type { ServiceEndpoint } from '@meshwork/config/registry'

/** What one endpoint assignment is made from, and its cache key. */
export interface LoadAssignmentInputs {
  /** The cluster, for example `outbound|9080|v1|reviews.default.svc.cluster.local`. */
  readonly cluster: string
  /** Ready endpoints of the port and subset, in document order. */
  readonly endpoints: readonly ServiceEndpoint[]
  /** Whether callers may use mutual TLS: not if the destination's policy says DISABLE. */
  readonly mutualTls: boolean
}
