import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { XdsNode } from '@meshwork/xds/types'
import { type DiscoveryServer, type SourcedName, parseServedName } from '../decode/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'
import { ChangeListeners, onChangeOfAny } from './change-listeners.ts'
import { channelTo } from './channel-to.ts'
import { SdsSecrets } from './sds-secrets.ts'

export interface ServedSecretsOptions {
  /** All other secrets. */
  readonly rest: SecretProvider
  /** The server behind a static cluster. null: there is none. */
  readonly serverOf: (cluster: string) => DiscoveryServer | null
  /** For a name that says no source and that `rest` does not have: the cluster that is asked. null: none. */
  readonly agent: string | null
  readonly node: XdsNode
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Secrets from SDS servers that TLS contexts name (`api_config_source`), with a stream to each server. A secret is asked for when it
 * is first needed; connections that need it fail until it comes.
 */
export class ServedSecrets implements SecretProvider, Runner {
  readonly name = 'sds clients'
  private readonly options: ServedSecretsOptions
  private readonly servers = new Map<string, SdsSecrets>()
  private readonly changes = new ChangeListeners()

  constructor(options: ServedSecretsOptions) {
    this.options = options
  }

  certificate(name: string): CertificateMaterial | null {
    const sourced = this.sourced(name)
    return sourced === null ? this.options.rest.certificate(name) : (this.asked(sourced)?.certificate(sourced.name) ?? null)
  }

  roots(name: string): string | null {
    const sourced = this.sourced(name)
    return sourced === null ? this.options.rest.roots(name) : (this.asked(sourced)?.roots(sourced.name) ?? null)
  }

  onChange(changed: () => void): () => void {
    return onChangeOfAny(changed, this.options.rest, this.changes)
  }

  /** Asks for a secret. Whether it has come, or comes from elsewhere. */
  has(name: string): boolean {
    const sourced = this.sourced(name)
    return sourced === null || this.asked(sourced)?.has(sourced.name) === true
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.values()].map(server => server.close()))
  }

  private sourced(name: string): SourcedName | null {
    const served = parseServedName(name)
    const { agent, rest } = this.options
    if (served !== null || agent === null) return served
    return name.includes(':') || rest.certificate(name) !== null || rest.roots(name) !== null ? null : { source: agent, name }
  }

  private asked({ source, name }: SourcedName): SdsSecrets | null {
    const server = this.servers.get(source) ?? this.connect(source, name)
    server?.want(name)
    return server
  }

  private connect(cluster: string, firstName: string): SdsSecrets | null {
    const { serverOf, node, clock, log, rest } = this.options
    const server = serverOf(cluster)
    if (server === null) return null
    const secrets = new SdsSecrets({ address: server.address, ...channelTo(server, rest), names: [firstName], node, clock, log })
    secrets.onChange(() => this.changes.notify())
    this.servers.set(cluster, secrets)
    void secrets.start()
    return secrets
  }
}
