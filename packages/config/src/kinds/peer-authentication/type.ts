import type { Labels } from '../shape/networking.ts'

export type MutualTlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT'

/** `security.istio.io` PeerAuthentication: whether workloads accept plain text, mutual TLS or both. */
export interface PeerAuthenticationSpec {
  /** Unset: every workload of the namespace (in the root namespace: of the mesh). */
  readonly selector?: { readonly matchLabels: Labels }
  /** `UNSET` inherits. */
  readonly mtls: { readonly mode: MutualTlsMode }
  /** Workload port to its own mode. */
  readonly portLevelMtls: Readonly<Record<string, { readonly mode: MutualTlsMode }>>
}
