import type { SecretMaterial } from '../decode/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'

/** Secrets that the bootstrap itself holds (`static_resources.secrets`). They never change. */
export class StaticSecrets implements SecretProvider {
  private readonly secrets: ReadonlyMap<string, SecretMaterial>

  constructor(secrets: ReadonlyMap<string, SecretMaterial>) {
    this.secrets = secrets
  }

  certificate(name: string): CertificateMaterial | null {
    const secret = this.secrets.get(name)
    return secret?.kind === 'certificate' ? secret.material : null
  }

  roots(name: string): string | null {
    const secret = this.secrets.get(name)
    return secret?.kind === 'roots' ? secret.pem : null
  }

  onChange(): () => void {
    return () => undefined
  }
}
