import { bundleChainPem, bundlePrivateKeyPem, bundleRootsPem, type CertBundle } from '@meshwork/core/x509'

import { bundleOf, type IdentityState } from './identity-state.ts'

/** SDS names of the workload's certificate and of the mesh's roots, as Istio's control plane writes them. */
export const CERTIFICATE_SECRET = 'default'
export const ROOTS_SECRET = 'ROOTCA'

/** A certificate with its key, as PEM texts. */
export interface IdentityMaterial {
  /** Leaf first, then intermediates. */
  readonly certificateChainPem: string
  readonly privateKeyPem: string
}

/** Where the state comes from. */
export interface ObservableIdentity {
  readonly state: IdentityState
  onChange(changed: (state: IdentityState) => void): () => void
}

/** The workload's secrets under their SDS names. Texts are made once per certificate. */
export class IdentitySecrets {
  private readonly identity: ObservableIdentity
  private rendered: { readonly bundle: CertBundle; readonly material: IdentityMaterial; readonly roots: string } | undefined

  constructor(identity: ObservableIdentity) {
    this.identity = identity
  }

  certificate(name: string): IdentityMaterial | null {
    return name === CERTIFICATE_SECRET ? (this.render()?.material ?? null) : null
  }

  roots(name: string): string | null {
    return name === ROOTS_SECRET ? (this.render()?.roots ?? null) : null
  }

  /** Failures that leave the certificate as it is are no change. */
  onChange(changed: () => void): () => void {
    let before = bundleOf(this.identity.state)
    return this.identity.onChange(state => {
      const after = bundleOf(state)
      if (after === before) return
      before = after
      changed()
    })
  }

  private render(): IdentitySecrets['rendered'] {
    const bundle = bundleOf(this.identity.state)
    if (bundle === undefined) return undefined
    if (this.rendered?.bundle !== bundle) {
      const material = { certificateChainPem: bundleChainPem(bundle), privateKeyPem: bundlePrivateKeyPem(bundle) }
      this.rendered = { bundle, material, roots: bundleRootsPem(bundle) }
    }
    return this.rendered
  }
}
