import type { ConfigSource } from '@meshwork/config/source'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Discovery } from './discovery.ts'

/** Runs the sources of configuration. Started once each has delivered its first batch, and that is in force. */
export class SourceRunner implements Runner {
  readonly name = 'config'
  private readonly sources: ReadonlyMap<string, ConfigSource>
  private readonly discovery: Discovery
  private synced = false

  constructor(sources: ReadonlyMap<string, ConfigSource>, discovery: Discovery) {
    this.sources = sources
    this.discovery = discovery
  }

  get isSynced(): boolean {
    return this.synced
  }

  async start(): Promise<void> {
    await Promise.all([...this.sources].map(([name, source]) => source.start(batch => this.discovery.apply(name, batch))))
    this.discovery.loop.flush()
    this.synced = true
  }

  async close(): Promise<void> {
    await Promise.all([...this.sources.values()].map(source => source.close()))
    this.discovery.close()
  }
}
