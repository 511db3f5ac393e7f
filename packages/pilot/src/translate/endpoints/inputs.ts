import type { ServiceEndpoint } from '@meshwork/config/registry'
import type { CallerPlace } from './locality-order.ts'

export interface EndpointInputs {
  readonly endpoint: ServiceEndpoint
  /** Whether callers may use mutual TLS: its proxy can, and its policy does not say DISABLE. */
  readonly mutualTls: boolean
}

/** What one endpoint assignment is made from, and its cache key. */
export interface LoadAssignmentInputs {
  /** The cluster, for example `outbound|9080|v1|reviews.default.svc.cluster.local`. */
  readonly cluster: string
  /** Ready endpoints of the port and subset, in document order. */
  readonly endpoints: readonly EndpointInputs[]
  /** Set where the caller's place decides which endpoints get its requests. */
  readonly caller: CallerPlace | undefined
}
