import type { WorkloadSelector } from '../shape/policy-target.ts'

/** `networking.istio.io` ProxyConfig: settings of the proxies of some workloads, which take effect when a proxy starts. */
export interface ProxyConfigSpec {
  /** Unset: every workload of the namespace (in the root namespace: of the mesh). */
  readonly selector?: WorkloadSelector
  /** Worker threads; 0 for one for each core. */
  readonly concurrency?: number
  readonly environmentVariables: Readonly<Record<string, string>>
  readonly image?: { readonly imageType: string }
}
