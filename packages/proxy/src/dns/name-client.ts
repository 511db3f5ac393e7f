import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { type ResourceConsumer, XdsClient } from '@meshwork/xds/client'
import { type AdsConnection, connectAds } from '@meshwork/xds/grpc'
import type { XdsNode } from '@meshwork/xds/types'
import type { NamedHost } from './name-lookup.ts'

export interface NameClientOptions {
  readonly node: XdsNode
  readonly xdsAddress: string
  readonly names: ResourceConsumer<readonly NamedHost[]>
  readonly clock: Clock
  readonly log: Logger
}

/** Follows the name table of a workload whose proxy does not. */
export class NameClient implements Runner {
  readonly name = 'name table'
  private readonly connection: AdsConnection
  private readonly client: XdsClient

  constructor({ node, xdsAddress, names, clock, log }: NameClientOptions) {
    this.connection = connectAds(xdsAddress)
    this.client = new XdsClient({ node, variant: 'sotw', open: this.connection.open, clock, log })
    this.client.subscribe(names, { kind: 'everything' })
  }

  /** Does not wait for the table: until it comes, other resolvers answer. */
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
