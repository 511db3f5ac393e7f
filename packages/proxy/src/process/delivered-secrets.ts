import type { ResourceUpdate } from '@meshwork/xds/client'
import { parseDeliveredName, type SecretMaterial } from '../decode/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'

/** Secrets that the control plane delivered, all other names from `rest`. One that it takes back stays until a new one comes. */
export class DeliveredSecrets implements SecretProvider {
  private readonly rest: SecretProvider
  private readonly secrets = new Map<string, SecretMaterial>()
  private readonly listeners = new Set<() => void>()

  constructor(rest: SecretProvider) {
    this.rest = rest
  }

  apply({ changed }: ResourceUpdate<SecretMaterial>): void {
    for (const [name, secret] of changed) this.secrets.set(name, secret)
    for (const listener of this.listeners) listener()
  }

  certificate(name: string): CertificateMaterial | null {
    const delivered = parseDeliveredName(name)
    if (delivered === null) return this.rest.certificate(name)
    const secret = this.secrets.get(delivered)
    return secret?.kind === 'certificate' ? secret.material : null
  }

  roots(name: string): string | null {
    const delivered = parseDeliveredName(name)
    if (delivered === null) return this.rest.roots(name)
    const secret = this.secrets.get(delivered)
    return secret?.kind === 'roots' ? secret.pem : null
  }

  onChange(changed: () => void): () => void {
    const stop = this.rest.onChange(changed)
    this.listeners.add(changed)
    return () => {
      stop()
      this.listeners.delete(changed)
    }
  }
}
