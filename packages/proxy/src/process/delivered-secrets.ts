import type { ResourceUpdate } from '@meshwork/xds/client'
import { parseDeliveredName, type SecretMaterial } from '../decode/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'
import { onChangeOfAny } from './change-listeners.ts'
import { HeldSecrets } from './held-secrets.ts'

/** Secrets that the control plane delivered, all other names from `rest`. One that it takes back stays until a new one comes. */
export class DeliveredSecrets implements SecretProvider {
  private readonly rest: SecretProvider
  private readonly held = new HeldSecrets()

  constructor(rest: SecretProvider) {
    this.rest = rest
  }

  apply({ changed }: ResourceUpdate<SecretMaterial>): void {
    this.held.put(changed)
  }

  certificate(name: string): CertificateMaterial | null {
    const delivered = parseDeliveredName(name)
    return delivered === null ? this.rest.certificate(name) : this.held.certificate(delivered)
  }

  roots(name: string): string | null {
    const delivered = parseDeliveredName(name)
    return delivered === null ? this.rest.roots(name) : this.held.roots(delivered)
  }

  onChange(changed: () => void): () => void {
    return onChangeOfAny(changed, this.rest, this.held)
  }
}
