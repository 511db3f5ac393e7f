import type { TargetReference, WorkloadSelector } from '../shape/policy-target.ts'

/** `extensions.istio.io` WasmPlugin. Read and checked, so that mistakes are found; no proxy of ours runs WebAssembly. */
export interface WasmPluginSpec {
  readonly selector?: WorkloadSelector
  readonly targetRefs: readonly TargetReference[]
  /** `oci://`, `http(s)://` or `file://`; without a scheme `oci://` is meant. */
  readonly url: string
  readonly sha256: string
  readonly phase: 'UNSPECIFIED_PHASE' | 'AUTHN' | 'AUTHZ' | 'STATS'
  readonly environment: readonly WasmVariable[]
}

export interface WasmVariable {
  readonly name: string
  readonly valueFrom: 'INLINE' | 'HOST'
  readonly value: string
}
