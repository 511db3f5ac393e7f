import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { XdsClient } from '@meshwork/xds/client'
import { type AdsConnection, connectSds } from '@meshwork/xds/grpc'
import type { XdsNode } from '@meshwork/xds/types'
import { type SecretMaterial, secretType } from '../decode/index.ts'
import { CERTIFICATE_SECRET, ROOTS_SECRET } from '../identity/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'

export interface SdsSecretsOptions {
  readonly address: SocketAddress
  readonly node: XdsNode
  readonly clock: Clock
  readonly log: Logger
}

/** The workload's secrets from an SDS server beside the proxy. The last good ones are kept when it goes away. */
export class SdsSecrets implements SecretProvider, Runner {
  readonly name = 'sds client'
  private readonly connection: AdsConnection
  private readonly client: XdsClient
  private readonly secrets = new Map<string, SecretMaterial>()
  private readonly listeners = new Set<() => void>()

  constructor({ address, node, clock, log }: SdsSecretsOptions) {
    this.connection = connectSds(formatSocketAddress(address))
    this.client = new XdsClient({ node, variant: 'sotw', open: this.connection.open, clock, log: log.child({ client: 'sds' }) })
    this.client.subscribe(
      {
        type: secretType,
        apply: ({ changed }) => {
          for (const [name, secret] of changed) this.secrets.set(name, secret)
          for (const listener of this.listeners) listener()
        },
      },
      { kind: 'names', names: new Set([CERTIFICATE_SECRET, ROOTS_SECRET]) },
    )
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
