import { FileSource } from '@meshwork/config/file'
import type { ConfigSource } from '@meshwork/config/source'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MESHWORK_VERSION } from '@meshwork/core/release'
import type { Clock } from '@meshwork/core/time'
import type { MixerOptions } from './flags/options.ts'
import { MixerRuntime } from './runtime/mixer-runtime.ts'
import { grpcEndpoint, metricsEndpoint, MixerMetrics, MixerService } from './serve/index.ts'

/** Feeds one source into the runtime. */
class SourceRunner implements Runner {
  readonly name: string
  private readonly source: ConfigSource
  private readonly runtime: MixerRuntime

  constructor(name: string, source: ConfigSource, runtime: MixerRuntime) {
    this.name = name
    this.source = source
    this.runtime = runtime
  }

  start(): Promise<void> {
    return this.source.start(batch => this.runtime.apply(this.name, batch))
  }

  close(): Promise<void> {
    return this.source.close()
  }
}

export interface MixerContext {
  readonly clock: Clock
  readonly log: Logger
  /** The objects of a cluster, beside those in folders. */
  readonly cluster?: ConfigSource | null
}

/** The parts of the process in start order: configuration is in force before the first call is taken. */
export function buildMixer(options: MixerOptions, { clock, log, cluster = null }: MixerContext): readonly Runner[] {
  const metrics = new MixerMetrics()
  const runtime = new MixerRuntime({
    rootNamespace: options.configDefaultNamespace,
    adapterAddresses: options.adapter,
    clock,
    log,
    metrics,
  })
  const service = new MixerService({ dispatcher: () => runtime.dispatcher, metrics, clock })
  const adapters: Runner = { name: 'handlers', start: () => Promise.resolve(), close: () => runtime.close() }
  const sources = (options.configDir ?? []).map(root => new SourceRunner(root, new FileSource({ root, clock }), runtime))
  if (cluster !== null) sources.push(new SourceRunner('kubernetes', cluster, runtime))
  return [
    adapters,
    ...sources,
    metricsEndpoint(options.metricsAddress, metrics.registry, MESHWORK_VERSION, log),
    grpcEndpoint(options.address, service.handlers(), clock),
  ]
}
