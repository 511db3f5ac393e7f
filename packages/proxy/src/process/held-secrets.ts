import type { SecretMaterial } from '../decode/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'
import { ChangeListeners } from './change-listeners.ts'

/** Secrets by name. One that nobody gives any more stays until a new one comes. */
export class HeldSecrets implements SecretProvider {
  private readonly secrets: Map<string, SecretMaterial>
  private readonly changes = new ChangeListeners()

  constructor(secrets: ReadonlyMap<string, SecretMaterial> = new Map()) {
    this.secrets = new Map(secrets)
  }

  put(secrets: ReadonlyMap<string, SecretMaterial>): void {
    for (const [name, secret] of secrets) this.secrets.set(name, secret)
    this.changes.notify()
  }

  has(name: string): boolean {
    return this.secrets.has(name)
  }

  certificate(name: string): CertificateMaterial | null {
    const secret = this.secrets.get(name)
    return secret?.kind === 'certificate' ? secret.material : null
  }

  roots(name: string): string | null {
    const secret = this.secrets.get(name)
    return secret?.kind === 'roots' ? secret.pem : null
  }

  onChange(changed: () => void): () => void {
    return this.changes.onChange(changed)
  }
}
