import type { CertBundle } from '@meshwork/core/x509'

/** Why there is no new certificate. */
export interface IdentityFailure {
  /** `refused`: the authority said no; `unreachable`: it did not answer; `local`: token or root file; `invalid`: what it sent is wrong. */
  readonly kind: 'refused' | 'unreachable' | 'local' | 'invalid'
  readonly message: string
}

/** What a workload can show for itself right now. */
export type IdentityState =
  | { readonly kind: 'initialising' }
  | { readonly kind: 'available'; readonly bundle: CertBundle }
  /** Renewal fails, but the last certificate is still valid and in use. */
  | { readonly kind: 'failing-with-valid'; readonly bundle: CertBundle; readonly failure: IdentityFailure }
  | { readonly kind: 'unavailable'; readonly failure: IdentityFailure }

/** The certificate in use, if the state has one. */
export function bundleOf(state: IdentityState): CertBundle | undefined {
  return state.kind === 'available' || state.kind === 'failing-with-valid' ? state.bundle : undefined
}

/** The state after an attempt failed at `nowMs`: a valid certificate is kept until its last millisecond. */
export function afterFailure(state: IdentityState, failure: IdentityFailure, nowMs: number): IdentityState {
  const bundle = bundleOf(state)
  if (bundle === undefined || bundle.leaf.notAfterMs <= nowMs) return { kind: 'unavailable', failure }
  return { kind: 'failing-with-valid', bundle, failure }
}
