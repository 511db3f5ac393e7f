import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'

import { Checker } from './checker.ts'
import { GrpcMixerTransport } from './grpc-mixer-transport.ts'
import { MixerStats } from './mixer-stats.ts'
import type { MixerTransport } from './mixer-transport.ts'
import { Reporter } from './reporter.ts'

/** How one filter configuration wants to talk to Mixer. */
export interface MixerClientConfig {
  readonly checkCluster: string
  readonly reportCluster: string
  readonly checkCache: boolean
  readonly reportBatch: boolean
}

export interface MixerClient {
  readonly checker: Checker
  readonly reporter: Reporter
}

export interface MixerClientsOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly stats: StatsRegistry
  /** `host:port` of an endpoint of a cluster that xDS gave, or null while there is none. */
  addressOf(cluster: string): string | null
}

/** Verdicts kept by a client, records in one Report, and how long a record waits (mixer.md 1.6). */
const CHECK_CACHE_ENTRIES = 10_000
const REPORT_BATCH_RECORDS = 1_000
const REPORT_BATCH_MS = 1_000

/** The Mixer clients of a proxy: one for each way of talking to Mixer, so that caches and batches survive new configuration. */
export class MixerClients {
  private readonly options: MixerClientsOptions
  private readonly stats: MixerStats
  private readonly clients = new Map<string, MixerClient & { readonly transport: MixerTransport }>()

  constructor(options: MixerClientsOptions) {
    this.options = options
    this.stats = new MixerStats(options.stats.scope('http_mixer_filter.', 'http_mixer_filter_', {}))
  }

  clientFor(config: MixerClientConfig): MixerClient {
    const key = JSON.stringify([config.checkCluster, config.reportCluster, config.checkCache, config.reportBatch])
    const known = this.clients.get(key)
    if (known !== undefined) return known
    const client = this.create(config)
    this.clients.set(key, client)
    return client
  }

  /** Sends the reports that are still waiting. */
  flush(): void {
    for (const client of this.clients.values()) client.reporter.flush()
  }

  close(): void {
    this.flush()
    for (const client of this.clients.values()) client.transport.close()
    this.clients.clear()
  }

  private create(config: MixerClientConfig): MixerClient & { readonly transport: MixerTransport } {
    const { clock, log } = this.options
    const { checkCluster, reportCluster } = config
    const transport = new GrpcMixerTransport({ checkCluster, reportCluster, clock, addressOf: cluster => this.options.addressOf(cluster) })
    const wired = { clock, transport, stats: this.stats }
    return {
      transport,
      checker: new Checker({ ...wired, cacheCapacity: config.checkCache ? CHECK_CACHE_ENTRIES : 0 }),
      reporter: new Reporter({ ...wired, log, batchSize: config.reportBatch ? REPORT_BATCH_RECORDS : 1, batchMs: REPORT_BATCH_MS }),
    }
  }
}
