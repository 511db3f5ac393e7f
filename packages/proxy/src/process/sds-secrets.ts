import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { XdsClient } from '@meshwork/xds/client'
import { type AdsConnection, type ConnectOptions, connectSds } from '@meshwork/xds/grpc'
import { SECRET_TYPE, type XdsNode } from '@meshwork/xds/types'
import { type SecretMaterial, secretType } from '../decode/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'

export interface SdsSecretsOptions {
  /** `host:port` or `unix:/path`. */
  readonly address: string
  /** Default: plain text. */
  readonly connect?: ConnectOptions
  /** What is asked for from the start. */
  readonly names: readonly string[]
  readonly node: XdsNode
  readonly clock: Clock
  readonly log: Logger
}

/** Secrets from an SDS server, such as the agent beside the proxy. The last good ones are kept when it goes away. */
export class SdsSecrets implements SecretProvider, Runner {
  readonly name = 'sds client'
  private readonly connection: AdsConnection
  private readonly client: XdsClient
  private readonly secrets = new Map<string, SecretMaterial>()
  private readonly listeners = new Set<() => void>()

  private readonly names: Set<string>

  constructor({ address, connect = {}, names, node, clock, log }: SdsSecretsOptions) {
    this.names = new Set(names)
    this.connection = connectSds(address, connect)
    this.client = new XdsClient({ node, variant: 'sotw', open: this.connection.open, clock, log: log.child({ client: 'sds' }) })
    this.client.subscribe(
      {
        type: secretType,
        apply: ({ changed }) => {
          for (const [name, secret] of changed) this.secrets.set(name, secret)
          for (const listener of this.listeners) listener()
        },
      },
      { kind: 'names', names: this.names },
    )
  }

  /** Asks for one more. */
  want(name: string): void {
    if (this.names.has(name)) return
    this.names.add(name)
    this.client.want(SECRET_TYPE, { kind: 'names', names: new Set(this.names) })
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
    this.listeners.add(changed)
    return () => void this.listeners.delete(changed)
  }

  start(): Promise<void> {
    this.client.start()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.client.close()
    this.connection.close()
    return Promise.resolve()
  }
}
