import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { XdsClient } from '@meshwork/xds/client'
import { type AdsConnection, type ConnectOptions, connectSds } from '@meshwork/xds/grpc'
import { SECRET_TYPE, type XdsNode } from '@meshwork/xds/types'
import { secretType } from '../decode/index.ts'
import { HeldSecrets } from './held-secrets.ts'

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
export class SdsSecrets extends HeldSecrets implements Runner {
  readonly name = 'sds client'
  private readonly connection: AdsConnection
  private readonly client: XdsClient
  /** Replaced, never changed: the client compares what is wanted with what was. */
  private names: ReadonlySet<string>

  constructor({ address, connect = {}, names, node, clock, log }: SdsSecretsOptions) {
    super()
    this.names = new Set(names)
    this.connection = connectSds(address, connect)
    this.client = new XdsClient({ node, variant: 'sotw', open: this.connection.open, clock, log: log.child({ client: 'sds' }) })
    this.client.subscribe(
      {
        type: secretType,
        apply: ({ changed }) => this.put(changed),
      },
      { kind: 'names', names: this.names },
    )
  }

  /** Asks for one more. */
  want(name: string): void {
    if (this.names.has(name)) return
    this.names = new Set([...this.names, name])
    this.client.want(SECRET_TYPE, { kind: 'names', names: this.names })
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
